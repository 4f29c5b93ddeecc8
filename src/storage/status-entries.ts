import { intOf, isObject, numbered, readJson } from './json-records.ts'
import type { ReportedState, Status } from './status-store.ts'

/** What a record of the status topic is about. */
export type StatusKey =
  | { readonly kind: 'connector'; readonly name: string }
  | { readonly kind: 'task'; readonly name: string; readonly task: number }
  | { readonly kind: 'topic'; readonly name: string; readonly topic: string }

export interface TopicUse {
  readonly topic: string
  readonly task: number
  readonly discoveredAt: number
}

const [ofConnector, ofTask, ofTopic, between] = ['status-connector-', 'status-task-', 'status-topic-', ':connector-']

export function writeStatusKey(key: StatusKey): string {
  switch (key.kind) {
    case 'connector':
      return `${ofConnector}${key.name}`
    case 'task':
      return `${ofTask}${key.name}-${key.task}`
    case 'topic':
      return `${ofTopic}${key.topic}${between}${key.name}`
  }
}

export function readStatusKey(key: string): StatusKey | undefined {
  if (key.startsWith(ofConnector)) {
    const name = key.slice(ofConnector.length)
    return name === '' ? undefined : { kind: 'connector', name }
  }
  if (key.startsWith(ofTask)) {
    const id = numbered(key, ofTask)
    return id && { kind: 'task', name: id.name, task: id.number }
  }
  if (!key.startsWith(ofTopic)) return undefined
  const colon = key.indexOf(':')
  const topic = key.slice(ofTopic.length, colon)
  const name = key.slice(colon + between.length)
  return colon === -1 || topic === '' || name === '' ? undefined : { kind: 'topic', name, topic }
}

/** Kafka Connect's fields in its order, ours after them. */
export const writeStatus = ({ state, trace, workerId, generation, version, facts }: Status): string =>
  JSON.stringify({ state, trace: trace ?? null, worker_id: workerId, generation, version, facts })

export const writeTopicUse = (connector: string, { topic: name, task, discoveredAt }: TopicUse): string =>
  JSON.stringify({ topic: { name, connector, task, discoverTimestamp: discoveredAt } })

const states: ReadonlySet<string> = new Set<ReportedState>([
  'UNASSIGNED',
  'RUNNING',
  'PAUSED',
  'STOPPED',
  'FAILED',
  'RESTARTING',
])
const isState = (state: unknown): state is ReportedState => typeof state === 'string' && states.has(state)

/** Undefined: not a status. Throws `SyntaxError`. */
export function readStatus(value: Buffer): Status | undefined {
  const json = readJson(value)
  if (!isObject(json)) return undefined
  const { state, trace, worker_id: workerId, version, facts } = json
  const generation = intOf(json['generation'])
  if (!isState(state) || generation === undefined) return undefined
  return {
    state,
    ...(typeof trace === 'string' && { trace }),
    workerId: typeof workerId === 'string' ? workerId : '',
    generation,
    version: typeof version === 'string' ? version : null,
    ...(isObject(facts) && { facts: plainFacts(facts) }),
  }
}

/** Undefined: not a topic's record. Throws `SyntaxError`. */
export function readTopicUse(value: Buffer): TopicUse | undefined {
  const json = readJson(value)
  const inner = isObject(json) ? json['topic'] : undefined
  if (!isObject(inner) || typeof inner['name'] !== 'string') return undefined
  const task = intOf(inner['task'])
  const discoveredAt = Number(inner['discoverTimestamp'])
  return task === undefined || !Number.isSafeInteger(discoveredAt)
    ? undefined
    : { topic: inner['name'], task, discoveredAt }
}

const plainFacts = (facts: object): Readonly<Record<string, string | number | boolean>> =>
  Object.fromEntries(
    Object.entries(facts).filter((fact): fact is [string, string | number | boolean] =>
      ['string', 'number', 'boolean'].includes(typeof fact[1]),
    ),
  )
