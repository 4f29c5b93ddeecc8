import type { Props } from '#api'
import { clientKeys } from '../util/client-keys/index.ts'
import { nearest } from '../util/nearest.ts'
import { withoutEffect } from './connector-config.ts'
import { topicConfigs } from './topic-configs.ts'
import { listOf } from './transform-chain.ts'
import type { ValidatedKey } from './validated-key.ts'
import { clientsOf } from './validation-clients.ts'

const clients = ['producer', 'consumer', 'admin'] as const
const rules = ['include', 'exclude', 'partitions', 'replication.factor']
/** With more than these something else is wrong than their spelling. */
const maxStray = 20

/** Names under which a converter takes what no declaration can list. */
const open = ['request.header.', 'rule.', 'use.latest.with.metadata']

/** A warning for each property that nothing knows, naming the nearest known one, and for each without effect. */
export function unknownProperties(
  kind: 'source' | 'sink',
  props: Props,
  keys: readonly ValidatedKey[],
  exactlyOnce?: boolean,
): readonly string[] {
  const known = new Set(keys.flatMap(({ name, definition }) => (definition ? [name] : [])))
  const given = Object.keys(props).filter((name) => props[name] !== null && props[name] !== undefined)
  const unused = given.flatMap((name) =>
    withoutEffect(exactlyOnce).includes(name) && known.has(name)
      ? [`Property "${name}" is accepted, but has no effect here`]
      : [],
  )
  const unlisted = given.filter((name) => !known.has(name))
  const stray = unlisted.slice(0, maxStray).flatMap((name) => warning(kind, name, props, known) ?? [])
  const rest = unlisted.length - maxStray
  return [...unused, ...stray, ...(rest > 0 ? [`${rest} more properties were not looked at`] : [])]
}

type Warn = (name: string, rest: string) => string | undefined

function warning(kind: 'source' | 'sink', name: string, props: Props, known: ReadonlySet<string>): string | undefined {
  const under: Readonly<Record<string, Warn>> = {
    ...Object.fromEntries(clients.map((client) => [`${client}.override.`, ofClient(kind, client, props)])),
    ...Object.fromEntries(
      ['key', 'value', 'header'].map((side) => [`${side}.converter.`, ofConverter(`${side}.converter`, props, known)]),
    ),
    'topic.creation.': (whole, rest) => ofTopicCreation(kind, whole, rest, props, known),
    'transforms.': ofAlias('transforms', props, known),
    'predicates.': ofAlias('predicates', props, known),
  }
  const prefix = Object.keys(under).find((each) => name.startsWith(each))
  if (prefix !== undefined) return under[prefix]?.(name, name.slice(prefix.length))
  return unknown(name, [...known, ...Object.keys(under).filter((each) => isNear(name, each))])
}

/** `producr.override.linger.ms` is near no name, but its beginning is near a prefix. */
const isNear = (name: string, prefix: string): boolean => {
  const head = name
    .split('.')
    .slice(0, prefix.split('.').length - 1)
    .join('.')
  return head !== '' && nearest(`${head}.`, [prefix]) !== undefined
}

function unknown(name: string, candidates: Iterable<string>): string {
  const meant = nearest(
    name,
    [...candidates].map((each) => completed(name, each)),
  )
  return `Unknown property "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`
}

/** A prefix as a candidate takes the rest of the name with it. */
const completed = (name: string, candidate: string): string =>
  candidate.endsWith('.')
    ? candidate +
      name
        .split('.')
        .slice(candidate.split('.').length - 1)
        .join('.')
    : candidate

const ofClient =
  (kind: 'source' | 'sink', client: 'producer' | 'consumer' | 'admin', props: Props): Warn =>
  (name, rest) => {
    const prefix = `${client}.override.`
    if (!Object.hasOwn(clientKeys[client], rest)) {
      return unknownUnder(prefix, rest, Object.keys(clientKeys[client]))
    }
    return clientsOf(kind, props).includes(client)
      ? undefined
      : `Property "${name}" has no effect, because this ${kind} has no ${client}`
  }

const ofConverter =
  (option: string, props: Props, known: ReadonlySet<string>): Warn =>
  (name, rest) => {
    if (open.some((prefix) => rest.startsWith(prefix))) return undefined
    if (props[option] === undefined || props[option] === null) {
      return `Property "${name}" has no effect, because the declaration does not name "${option}": the worker's converter comes with the worker's options`
    }
    return unknownUnder(`${option}.`, rest, after(`${option}.`, known))
  }

const ofAlias =
  (option: 'transforms' | 'predicates', props: Props, known: ReadonlySet<string>): Warn =>
  (name, rest) => {
    const aliases = listOf(props[option])
    const alias = aliases.find((each) => rest.startsWith(`${each}.`))
    if (alias === undefined) {
      const head = rest.slice(0, rest.indexOf('.') < 0 ? rest.length : rest.indexOf('.'))
      const meant = nearest(head, aliases)
      const hint = meant === undefined ? '' : `; did you mean "${option}.${meant}${rest.slice(head.length)}"?`
      return `Property "${name}" has no effect, because "${option}" does not list "${head}"${hint}`
    }
    return unknownUnder(`${option}.${alias}.`, rest.slice(alias.length + 1), after(`${option}.${alias}.`, known))
  }

function ofTopicCreation(
  kind: 'source' | 'sink',
  name: string,
  rest: string,
  props: Props,
  known: ReadonlySet<string>,
): string | undefined {
  if (kind === 'sink') return `Property "${name}" has no effect, because a sink creates no topics`
  const groups = ['default', ...listOf(props['topic.creation.groups'])]
  const group = groups.find((each) => rest.startsWith(`${each}.`))
  if (group === undefined) return unknown(name, [...known, ...groups.map((each) => `topic.creation.${each}.`)])
  const own = rest.slice(group.length + 1)
  const names = [...rules, ...topicConfigs]
  return names.includes(own) ? undefined : unknownUnder(`topic.creation.${group}.`, own, names)
}

function unknownUnder(prefix: string, rest: string, names: readonly string[]): string {
  const meant = nearest(rest, names)
  return `Unknown property "${prefix}${rest}"${meant === undefined ? '' : `; did you mean "${prefix}${meant}"?`}`
}

const after = (prefix: string, names: ReadonlySet<string>): readonly string[] =>
  [...names].flatMap((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : []))
