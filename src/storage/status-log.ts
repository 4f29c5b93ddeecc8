import type { Logger } from '#api'
import { messageOf } from '#api'
import { readStatus, readStatusKey, readTopicUse, type TopicUse } from './status-entries.ts'
import type { Status } from './status-store.ts'

/** What the records of the status topic make. The status of an object changes when its record was read, that of its topics also by hand. */
export interface StatusLog {
  apply(record: { readonly key: Buffer | null; readonly value: Buffer | null }): void
  connector(name: string): Status | undefined
  task(name: string, task: number): Status | undefined
  /** In the order of their numbers. */
  tasks(name: string): ReadonlyMap<number, Status>
  connectors(): ReadonlySet<string>
  topics(name: string): ReadonlyMap<string, TopicUse>
  setTopic(name: string, topic: string, use: TopicUse | undefined): void
}

/** `onLate`: the status of `key` was passed over for the one that is kept, and is the newest in the topic all the same. */
export function createStatusLog(log: Logger, onLate: (key: string, kept: Status) => void): StatusLog {
  const ofConnectors = new Map<string, Status>()
  const ofTasks = new Map<string, Map<number, Status>>()
  const ofTopics = new Map<string, Map<string, TopicUse>>()

  function apply(text: string, value: Buffer | null): boolean {
    const key = readStatusKey(text)
    if (!key) return false
    const isTombstone = value === null
    if (key.kind === 'topic') {
      const use = isTombstone ? undefined : readTopicUse(value)
      if (use || isTombstone) setIn(ofTopics, key.name, key.topic, use)
      return Boolean(use) || isTombstone
    }
    const status = isTombstone ? undefined : readStatus(value)
    if (!status && !isTombstone) return false
    const before = key.kind === 'task' ? ofTasks.get(key.name)?.get(key.task) : ofConnectors.get(key.name)
    if (before && isLate(status, before)) onLate(text, before)
    else if (key.kind === 'task') setIn(ofTasks, key.name, key.task, status)
    else if (status) ofConnectors.set(key.name, status)
    else ofConnectors.delete(key.name)
    return true
  }

  return {
    apply({ key, value }) {
      const text = key?.toString() ?? ''
      try {
        if (!apply(text, value)) log.warn({ key: text }, 'a record of the status topic is passed over')
      } catch (error) {
        log.warn({ key: text, reason: messageOf(error) }, 'a record of the status topic is passed over: it is no JSON')
      }
    },
    connector: (name) => ofConnectors.get(name),
    task: (name, task) => ofTasks.get(name)?.get(task),
    tasks: (name) => new Map([...(ofTasks.get(name) ?? [])].toSorted(([a], [b]) => a - b)),
    connectors: () => new Set([...ofConnectors.keys(), ...ofTasks.keys(), ...ofTopics.keys()]),
    topics: (name) => ofTopics.get(name) ?? new Map<string, TopicUse>(),
    setTopic: (name, topic, use) => setIn(ofTopics, name, topic, use),
  }
}

const lasting: ReadonlySet<string> = new Set(['RUNNING', 'PAUSED', 'STOPPED'])

/** A worker that gives a connector or task up, or loses it while it is frozen, may say so after the next one has begun it. */
function isLate(status: Status | undefined, before: Status): boolean {
  if (!status || !lasting.has(before.state)) return false
  // What one worker says of itself within a generation comes in its order.
  const isAnothers = before.workerId !== status.workerId
  const isNewer = before.generation > status.generation
  if (status.state === 'UNASSIGNED') return isNewer || (isAnothers && before.generation === status.generation)
  return status.state === 'FAILED' && isAnothers && isNewer
}

function setIn<K, V>(all: Map<string, Map<K, V>>, name: string, key: K, value: V | undefined): void {
  const held = all.get(name) ?? new Map<K, V>()
  if (value === undefined) held.delete(key)
  else held.set(key, value)
  if (held.size > 0) all.set(name, held)
  else all.delete(name)
}
