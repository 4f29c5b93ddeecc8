import type { PredicatePlugin, TransformationPlugin } from '#api'
import { extractField } from './extract-field.ts'
import { filter } from './filter.ts'
import { insertField } from './insert-field.ts'
import { hasHeaderKey } from './predicates/has-header-key.ts'
import { recordIsTombstone } from './predicates/record-is-tombstone.ts'
import { topicNameMatches } from './predicates/topic-name-matches.ts'
import { project } from './project.ts'
import { regexRouter } from './regex-router.ts'
import { replaceField } from './replace-field.ts'
import { split } from './split.ts'
import { valueToKey } from './value-to-key.ts'

/** The transformations that come with the worker. */
export const transformations: readonly TransformationPlugin[] = [
  extractField,
  filter,
  insertField,
  project,
  regexRouter,
  replaceField,
  split,
  valueToKey,
]

/** The predicates that come with the worker. */
export const predicates: readonly PredicatePlugin[] = [hasHeaderKey, recordIsTombstone, topicNameMatches]
