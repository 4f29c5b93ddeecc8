import type { KafkaClient } from '../../src/kafka/index.ts'
import type { Target } from './soak-model.ts'

type Json = Readonly<Record<string, unknown>>

/** The newest value of each key of a compacted topic, by whoever is committed. */
export async function newestOf(kafka: KafkaClient, topic: string): Promise<ReadonlyMap<string, Json>> {
  const newest = new Map<string, Json>()
  const log = await kafka.topicLog({
    topic,
    clientId: 'soak',
    props: { 'isolation.level': 'read_committed' },
    onRecord({ key, value }) {
      if (key === null) return
      const text = key.toString()
      if (value !== null) newest.set(text, JSON.parse(value.toString()) as Json)
      else {
        newest.delete(text)
        // With a connector its tasks are gone, whose records stay.
        newest.delete(text.replace(/^connector-/, 'commit-'))
      }
    },
  })
  await log.close()
  return newest
}

export interface Stored {
  readonly config: unknown
  readonly target: Target
  /** Of the last complete set. */
  readonly tasks: number
}

/** What the config topic holds of each connector. */
export async function storedConnectors(kafka: KafkaClient, topic: string): Promise<ReadonlyMap<string, Stored>> {
  const newest = await newestOf(kafka, topic)
  const stored = new Map<string, Stored>()
  for (const [key, { properties }] of newest) {
    if (!key.startsWith('connector-')) continue
    const name = key.slice('connector-'.length)
    const target = newest.get(`target-state-${name}`)
    const tasks = Number(newest.get(`commit-${name}`)?.['tasks'] ?? 0)
    stored.set(name, { config: properties, target: (target?.['state.v2'] ?? 'STARTED') as Target, tasks })
  }
  return stored
}

/** What the status topic holds: the states of `name` and of `name-0`, and the connectors that are said to use topics. */
export async function storedStatuses(kafka: KafkaClient, topic: string) {
  const newest = await newestOf(kafka, topic)
  const states: Record<string, string> = {}
  const users = new Set<string>()
  for (const [key, { state, worker_id: worker }] of newest) {
    const [, kind, what = ''] = /^status-(connector|task|topic)-(.*)$/.exec(key) ?? []
    if (kind === 'topic') users.add(what.split(':connector-')[1] ?? what)
    else states[what] = `${String(state)} on ${String(worker)}`
  }
  return { states, users: [...users] }
}
