import type { RawConfig, SessionKey } from './config-store.ts'
import { intOf, isObject, type JsonObject, kindOf, numbered } from './json-records.ts'
import type { TargetState } from './target-state.ts'

/** What a record of the config topic says. */
export type ConfigRecord =
  | { readonly kind: 'connector'; readonly name: string; readonly config: RawConfig | null }
  | { readonly kind: 'target'; readonly name: string; readonly target: TargetState | null }
  | { readonly kind: 'task'; readonly name: string; readonly task: number; readonly config: RawConfig }
  /** Without a number when the value cannot be used: a connector that is gone is forgotten all the same. */
  | { readonly kind: 'commit'; readonly name: string; readonly tasks: number | undefined }
  | { readonly kind: 'task-count'; readonly name: string; readonly count: number }
  | { readonly kind: 'restart'; readonly name: string; readonly includeTasks: boolean; readonly onlyFailed: boolean }
  | { readonly kind: 'session-key'; readonly sessionKey: SessionKey }
  | { readonly kind: 'logger'; readonly namespace: string; readonly level: string }
  | { readonly kind: 'unusable'; readonly reason: string }

const unusable = (reason: string): ConfigRecord => ({ kind: 'unusable', reason })

/** In the order in which Kafka Connect tries them. */
const readers: readonly (readonly [
  prefix: string,
  read: (rest: string, value: unknown, key: string) => ConfigRecord,
])[] = [
  ['target-state-', readTarget],
  ['connector-', readConnector],
  ['task-', readTask],
  ['commit-', (name, value) => ({ kind: 'commit', name, tasks: countIn(value, 'tasks') })],
  ['restart-connector-', readRestart],
  ['tasks-fencing-', readTaskCount],
  ['session-key', (rest, value, key) => (rest === '' ? readSessionKey(value) : unknownKey(key))],
  ['logger-cluster-', readLogger],
]

const unknownKey = (key: string): ConfigRecord => unusable(`the key ${key} is none of Kafka Connect's`)

/** `value` is parsed JSON, null for a tombstone. */
export function readConfigRecord(key: string, value: unknown): ConfigRecord {
  for (const [prefix, read] of readers) if (key.startsWith(prefix)) return read(key.slice(prefix.length), value, key)
  return unknownKey(key)
}

function readConnector(name: string, value: unknown): ConfigRecord {
  if (value === null) return { kind: 'connector', name, config: null }
  const config = propertiesOf(value)
  return config ? { kind: 'connector', name, config } : noProperties(value)
}

function readTask(_rest: string, value: unknown, key: string): ConfigRecord {
  const id = numbered(key, 'task-')
  if (!id) return unusable(`the key ${key} does not end in a task number`)
  const config = propertiesOf(value)
  return config ? { kind: 'task', name: id.name, task: id.number, config } : noProperties(value)
}

function readTarget(name: string, value: unknown): ConfigRecord {
  if (value === null) return { kind: 'target', name, target: null }
  if (!isObject(value)) return unusable(`the value should be an object but is ${kindOf(value)}`)
  const newer = value['state.v2']
  const state = typeof newer === 'string' ? newer : value['state']
  if (state === 'STARTED' || state === 'PAUSED' || state === 'STOPPED') return { kind: 'target', name, target: state }
  return unusable(`the state should be STARTED, PAUSED or STOPPED but is ${JSON.stringify(state) ?? 'absent'}`)
}

function readTaskCount(name: string, value: unknown): ConfigRecord {
  const count = countIn(value, 'task-count')
  return count === undefined ? unusable('task-count is not a number of tasks') : { kind: 'task-count', name, count }
}

function readRestart(name: string, value: unknown): ConfigRecord {
  if (!isObject(value)) return unusable(`the value should be an object but is ${kindOf(value)}`)
  const is = (field: string) => value[field] === true
  return { kind: 'restart', name, includeTasks: is('include-tasks'), onlyFailed: is('only-failed') }
}

function readSessionKey(value: unknown): ConfigRecord {
  if (!isObject(value)) return unusable(`the value should be an object but is ${kindOf(value)}`)
  const { key, algorithm, 'creation-timestamp': createdAt } = value
  if (typeof key !== 'string' || typeof algorithm !== 'string' || !Number.isSafeInteger(createdAt))
    return unusable('key and algorithm should be strings and creation-timestamp an integer')
  const bytes = Buffer.from(key, 'base64')
  if (bytes.length === 0 || bytes.toString('base64') !== padded(key)) return unusable('the key is not base64')
  return { kind: 'session-key', sessionKey: { key: bytes, algorithm, createdAt: Number(createdAt) } }
}

function readLogger(namespace: string, value: unknown): ConfigRecord {
  const level = isObject(value) ? value['level'] : undefined
  return typeof level === 'string' ? { kind: 'logger', namespace, level } : unusable('level should be a string')
}

const padded = (base64: string): string => base64.padEnd(Math.ceil(base64.length / 4) * 4, '=')

function countIn(value: unknown, field: string): number | undefined {
  const count = isObject(value) ? intOf(value[field]) : undefined
  return count === undefined || count < 0 ? undefined : count
}

const noProperties = (value: unknown): ConfigRecord =>
  unusable(
    isObject(value)
      ? `properties should be an object but is ${kindOf(value['properties'])}`
      : `the value should be an object but is ${kindOf(value)}`,
  )

/** Kafka Connect writes strings alone; null, which its REST API takes, means a property that is absent. */
function propertiesOf(value: unknown): RawConfig | undefined {
  const properties = isObject(value) ? value['properties'] : undefined
  return isObject(properties) ? textsOf(properties) : undefined
}

const textsOf = (properties: JsonObject): RawConfig =>
  Object.fromEntries(
    Object.entries(properties).flatMap(([key, value]) =>
      value === null ? [] : [[key, typeof value === 'string' ? value : JSON.stringify(value)]],
    ),
  )
