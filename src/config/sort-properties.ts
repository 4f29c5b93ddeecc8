import { ConfigError } from '#api'
import { nearest } from '../util/nearest.ts'
import { parseOrSame } from './formats.ts'
import { type NamespaceRules, namespaceRules } from './namespace-rules.ts'
import { splitNamespaceKey } from './namespaces.ts'
import { settingKeys } from './setting-keys.ts'
import { clientPrefixOf, workerClientConfig } from './worker-client-keys.ts'
import { distributedNote, isTopicSetting } from './worker-distributed.ts'
import { distributedConfig } from './worker-distributed-keys.ts'
import { passedOnPrefixes, workerConfig } from './worker-keys.ts'
import { prefixesWithoutEffect, withoutEffect } from './worker-keys-without-effect.ts'

export interface SortedProperties {
  /** Kafka Connect's, and those that nothing knows; as text. */
  readonly props: Readonly<Record<string, string>>
  /** The process's own, by dotted name, as they were written. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly warnings: readonly string[]
}

const namespacePrefix = 'gateway.namespaces.'
/** `gateway`, `gateway.limits` and the like: what may hold a nested object in JSON. */
const groups = new Set(
  Object.keys(settingKeys).flatMap((name) => {
    const path = name.split('.').slice(0, -1)
    return path.map((_, index) => path.slice(0, index + 1).join('.'))
  }),
)

const knownNames = [
  ...Object.keys(workerConfig.keys),
  ...Object.keys(distributedConfig.keys),
  ...Object.keys(settingKeys),
  ...withoutEffect,
  ...groups,
  ...Object.keys(workerClientConfig.keys),
]

/**
 * Tells Kafka Connect's properties from the process's own settings. What neither knows is a warning that names the nearest known name,
 * never a refusal. Throws `ConfigError` for nested values where none belong.
 */
export function sortProperties(
  content: Readonly<Record<string, unknown>>,
  origin: string,
  distributed: boolean,
): SortedProperties {
  const props = new Map<string, string>()
  const settings = new Map<string, unknown>()
  const rules = new Map<string, Map<string, unknown>>()
  const warnings: string[] = []

  const visit = (name: string, value: unknown): void => {
    if (value === undefined || (value === null && !Object.hasOwn(settingKeys, name))) return
    if (Object.hasOwn(settingKeys, name)) settings.set(name, value)
    else if (name.startsWith(namespacePrefix)) addRule(name.slice(namespacePrefix.length), value)
    else if (groups.has(name) && isObject(value)) visitAll(value, `${name}.`)
    else {
      const isKnown = isWorkerProperty(name)
      const note = distributed ? distributedNote(name, value) : undefined
      if (note !== undefined) warnings.push(`The property "${name}" in ${origin} ${note}.`.replace('?.', '?'))
      else if (hasNoEffect(name) || (!distributed && ofDistributed(name)))
        warnings.push(`The property "${name}" in ${origin} is accepted, but has no effect here${reason(name)}.`)
      else if (!isKnown) warnings.push(`The property "${name}" in ${origin} is unknown${hint(name)}`)
      const belongsNowhere = !isKnown && isObject(value) && !passedOnPrefixes.includes(`${name}.`)
      if (!belongsNowhere) props.set(name, toText(name, value, origin))
    }
  }
  const visitAll = (values: object, prefix: string): void => {
    for (const [name, value] of Object.entries(values)) visit(prefix + name, value)
  }
  const addRule = (key: string, value: unknown): void => {
    const { namespace, rule } = splitNamespaceKey(key)
    const known = rules.get(namespace) ?? new Map<string, unknown>()
    rules.set(namespace, known.set(rule, readRule(rule, value)))
  }

  visitAll(content, '')
  if (rules.size > 0) {
    const whole = parseOrSame(settings.get('gateway.namespaces') ?? {})
    const flat = [...rules].map(([namespace, given]) => [namespace, Object.fromEntries(given)] as const)
    settings.set('gateway.namespaces', isObject(whole) ? { ...whole, ...Object.fromEntries(flat) } : whole)
  }
  return { props: Object.fromEntries(props), settings: Object.fromEntries(settings), warnings }
}

const isWorkerProperty = (name: string): boolean => {
  if (Object.hasOwn(workerConfig.keys, name) || Object.hasOwn(workerClientConfig.keys, name)) return true
  if (ofDistributed(name)) return true
  const client = clientPrefixOf(name)
  if (client) return client.names.includes(client.rest)
  return (
    /^config\.providers\.[^.]+\.(?:class$|param\.)/.test(name) ||
    passedOnPrefixes.some((prefix) => name.startsWith(prefix))
  )
}

const hasNoEffect = (name: string): boolean =>
  withoutEffect.has(name) || prefixesWithoutEffect.some((prefix) => name.startsWith(prefix))

const ofDistributed = (name: string): boolean => Object.hasOwn(distributedConfig.keys, name) || isTopicSetting(name)

const reason = (name: string): string =>
  ofDistributed(name) ? ': it belongs to distributed mode, and this worker runs standalone' : ''

function hint(name: string): string {
  const client = clientPrefixOf(name)
  const ofClient = client && nearest(client.rest, client.names)
  const meant = client ? ofClient && client.prefix + ofClient : (nearestPrefixed(name) ?? nearest(name, knownNames))
  return meant === undefined ? '.' : `; did you mean "${meant}"?`
}

/** `key.convertor.schemas.enable` is near no name, but its beginning is near a prefix. */
function nearestPrefixed(name: string): string | undefined {
  for (const prefix of passedOnPrefixes) {
    const depth = prefix.split('.').length - 1
    const segments = name.split('.')
    const head = `${segments.slice(0, depth).join('.')}.`
    if (segments.length > depth && nearest(head, [prefix])) return prefix + segments.slice(depth).join('.')
  }
  return undefined
}

function toText(name: string, value: unknown, origin: string): string {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (items.every((item) => item !== null && typeof item !== 'object')) return items.join(',')
  throw new ConfigError(`The property "${name}" in ${origin} must be a text, a number or true or false, not nested.`, {
    context: { key: name },
  })
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value of a rule in a flat file, where all is text. */
function readRule(rule: string, value: unknown): unknown {
  if (typeof value !== 'string' || !Object.hasOwn(namespaceRules, rule)) return value
  const { kind } = namespaceRules[rule as keyof NamespaceRules]
  if (kind === 'access') return value
  return kind === 'deliveries' ? value.split(',').map((each) => each.trim()) : parseOrSame(value)
}
