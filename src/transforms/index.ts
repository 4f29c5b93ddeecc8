import type { PredicatePlugin, TransformationPlugin } from '#api'
import { cast } from './cast.ts'
import { compute } from './compute.ts'
import { dropHeaders } from './drop-headers.ts'
import { extractField } from './extract-field.ts'
import { filter } from './filter.ts'
import { filterBy } from './filter-by.ts'
import { flatten } from './flatten.ts'
import { headerFrom } from './header-from.ts'
import { hoistField } from './hoist-field.ts'
import { insertField } from './insert-field.ts'
import { insertHeader } from './insert-header.ts'
import { maskField } from './mask-field.ts'
import { hasHeaderKey } from './predicates/has-header-key.ts'
import { recordIsTombstone } from './predicates/record-is-tombstone.ts'
import { topicNameMatches } from './predicates/topic-name-matches.ts'
import { project } from './project.ts'
import { regexRouter } from './regex-router.ts'
import { replaceField } from './replace-field.ts'
import { setSchemaMetadata } from './set-schema-metadata.ts'
import { split } from './split.ts'
import { timestampConverter } from './timestamp-converter.ts'
import { timestampRouter } from './timestamp-router.ts'
import { valueToKey } from './value-to-key.ts'

export { compileFilter } from './expression/compile-filter.ts'

/** The transformations that come with the worker. */
export const transformations: readonly TransformationPlugin[] = [
  cast,
  compute,
  dropHeaders,
  extractField,
  filter,
  filterBy,
  flatten,
  headerFrom,
  hoistField,
  insertField,
  insertHeader,
  maskField,
  project,
  regexRouter,
  replaceField,
  setSchemaMetadata,
  split,
  timestampConverter,
  timestampRouter,
  valueToKey,
]

/** The predicates that come with the worker. */
export const predicates: readonly PredicatePlugin[] = [hasHeaderKey, recordIsTombstone, topicNameMatches]
