import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { KafkaClient } from '../../src/kafka/index.ts'
import type { Cluster } from './cluster.ts'
import { eventually } from './eventually.ts'
import type { Wanted } from './soak-model.ts'

export interface SoakSize {
  readonly sources: number
  readonly sinks: number
  readonly readers: number
}

export interface SoakFlow {
  /** What may be created, of each actor. */
  readonly declared: readonly ReadonlyMap<string, Readonly<Record<string, string>>>[]
  /** A line through each source that runs to each sink that runs. */
  arrives(wanted: ReadonlyMap<string, Wanted>): Promise<number>
  readonly topics: readonly string[]
}

const stringConverter = 'org.apache.kafka.connect.storage.StringConverter'

/** Files that grow, topics, and the connectors that may be made between them; each has one actor. */
export async function createSoakFlow(
  cluster: Cluster,
  kafka: KafkaClient,
  { sources, sinks, readers, actors, lineMs }: SoakSize & { readonly actors: number; readonly lineMs: number },
): Promise<SoakFlow> {
  const topics = [0, 1, 2].map((each) => `${cluster.name}.t${each}`)
  for (const topic of topics) await kafka.createTopic(topic, { partitions: 3, replicationFactor: 1 })
  const fileOf = (name: string): string => join(cluster.dir, name)
  const kinds = [
    ...Array.from({ length: sources }, (_, index) => {
      const name = `${cluster.name}-source-${index}`
      const topic = topics[index % topics.length] ?? ''
      return { name, config: { 'connector.class': 'FileStreamSource', file: fileOf(name), topic } }
    }),
    ...Array.from({ length: sinks }, (_, index) => {
      const name = `${cluster.name}-sink-${index}`
      return { name, config: { 'connector.class': 'FileStreamSink', file: fileOf(name), topics: topics.join() } }
    }),
    ...Array.from({ length: readers }, (_, index) => {
      const name = `${cluster.name}-reader-${index}`
      const channel = `soak:${index}:#{topic}`
      return { name, config: { 'connector.class': 'WebSocketServerSink', channel, topics: topics.join() } }
    }),
  ].map(({ name, config }) => [name, { ...config, 'value.converter': stringConverter }] as const)
  const files = kinds.flatMap(([name, config]) => (config['connector.class'] === 'FileStreamSource' ? [name] : []))

  const end = new AbortController()
  const feeding = (async () => {
    for (let line = 0; !end.signal.aborted; line++) {
      await Promise.all(files.map((name) => appendFile(fileOf(name), `${name} ${line}\n`)))
      await sleep(lineMs, undefined, { signal: end.signal }).catch(() => undefined)
    }
  })()
  onTestFinished(async () => {
    end.abort()
    await feeding
  })

  let marks = 0
  return {
    topics,
    declared: Array.from({ length: actors }, (_, actor) => new Map(kinds.filter((__, at) => at % actors === actor))),
    async arrives(wanted) {
      const mark = `mark ${marks++}`
      const runs = (kind: string) =>
        [...wanted]
          .filter(([, { config, target }]) => config['connector.class'] === kind && target === 'STARTED')
          .map(([name]) => name)
      const [from, to] = [runs('FileStreamSource'), runs('FileStreamSink')]
      for (const name of from) await appendFile(fileOf(name), `${name} ${mark}\n`)
      for (const sink of to) {
        await eventually(
          async () => {
            const lines = new Set((await readFile(fileOf(sink), 'utf8')).split('\n'))
            const missing = from.filter((name) => !lines.has(`${name} ${mark}`))
            if (missing.length > 0) throw new Error(missing.join())
            return true
          },
          { timeoutMs: 60_000, what: `a line of every source at ${sink}` },
        )
      }
      return from.length * to.length
    },
  }
}
