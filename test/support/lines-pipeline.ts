import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, onTestFinished } from 'vitest'
import type { Cluster } from './cluster.ts'
import { partitionKey, type WatchedSink, watchCommits } from './commit-watch.ts'
import { eventually } from './eventually.ts'
import { readCommitted } from './read-committed.ts'
import { kafkaClient } from './topics.ts'

export interface LinesSize {
  /** Exactly once, of one task each. */
  readonly sources: number
  readonly sinksOfTwo: number
  readonly sinksOfThree: number
}

/** Files whose lines sources read into topics, from which each sink writes them all into a file of its own. */
export interface LinesPipeline {
  readonly connectors: number
  readonly tasks: number
  /** Appends to every source's file until the end of the test, or `delivered`. */
  feed(): void
  /** Ends the feed; resolves when each line is once in its topic for a reader of what is committed, and has reached each sink. */
  delivered(): Promise<Delivered>
  /** The connectors whose sources keep a transaction open nearly always. */
  readonly slow: readonly string[]
}

export interface Delivered {
  readonly lines: number
  /** Delivered to sinks again. */
  readonly repeated: number
  /** Of these, delivered again although the sink's group had committed them before. */
  readonly repeatedCommitted: number
  /** Written in transactions that did not end with a commit. */
  readonly aborted: number
}

const lines = async (file: string): Promise<readonly string[]> =>
  (await readFile(file, 'utf8')).split('\n').slice(0, -1)

/** Appends numbered lines to each file until it is stopped. */
function feed(files: readonly string[]) {
  const end = new AbortController()
  let made = 0
  const written = (async () => {
    while (!end.signal.aborted) {
      const from = made
      made += 5
      const text = Array.from({ length: 5 }, (_, index) => `${from + index}\n`)
      await Promise.all(files.map((file, at) => appendFile(file, text.map((line) => `${at}-${line}`).join(''))))
      await sleep(50, undefined, { signal: end.signal }).catch(() => undefined)
    }
  })()
  const stop = async (): Promise<number> => {
    end.abort()
    await written
    return made
  }
  onTestFinished(async () => {
    await stop()
  })
  return { stop }
}

/** Makes the connectors and waits until all their tasks run. */
export async function deployLines(
  cluster: Cluster,
  size: LinesSize,
  bootstrapServers = inject('kafka'),
): Promise<LinesPipeline> {
  const kafka = kafkaClient(bootstrapServers)
  const put = (name: string, config: object) => cluster.ask('PUT', `/connectors/${cluster.name}-${name}/config`, config)
  const inputs: string[] = []
  const topics: string[] = []
  const slow: string[] = []
  for (let source = 0; source < size.sources; source++) {
    const [file, topic] = [join(cluster.dir, `in-${source}`), `${cluster.name}.${source}`]
    await writeFile(file, '')
    await kafka.createTopic(topic, { partitions: 3, replicationFactor: 1 })
    inputs.push(file)
    topics.push(topic)
    const config = { 'connector.class': 'FileStreamSource', file, topic, 'exactly.once.support': 'required' }
    const isSlow = source % 2 === 0
    if (isSlow) slow.push(`${cluster.name}-source-${source}`)
    const boundary = isSlow ? { 'transaction.boundary': 'interval', 'transaction.boundary.interval.ms': '1500' } : {}
    await put(`source-${source}`, { ...config, ...boundary, 'value.converter': stringConverter })
  }
  const sinks: WatchedSink[] = []
  for (let sink = 0; sink < size.sinksOfTwo + size.sinksOfThree; sink++) {
    const file = join(cluster.dir, `out-${sink}`)
    sinks.push({ connector: `${cluster.name}-sink-${sink}`, file })
    const tasks = sink < size.sinksOfTwo ? '2' : '3'
    const config = { 'connector.class': 'FileStreamSink', file, topics: topics.join(), 'tasks.max': tasks }
    await put(`sink-${sink}`, { ...config, 'value.converter': stringConverter })
  }
  const tasks = size.sources + 2 * size.sinksOfTwo + 3 * size.sinksOfThree
  await cluster.running(tasks)
  const commits = watchCommits(bootstrapServers, sinks, topics)
  let feeding: ReturnType<typeof feed> | undefined
  return {
    connectors: inputs.length + sinks.length,
    tasks,
    slow,
    feed() {
      feeding ??= feed(inputs)
    },
    async delivered() {
      await feeding?.stop()
      return compare({ bootstrapServers, inputs, topics, sinks, commits })
    },
  }
}

interface Places {
  readonly bootstrapServers: string
  readonly inputs: readonly string[]
  readonly topics: readonly string[]
  readonly sinks: readonly WatchedSink[]
  readonly commits: ReturnType<typeof watchCommits>
}

async function compare({ bootstrapServers, inputs, topics, sinks, commits }: Places): Promise<Delivered> {
  const all = (await Promise.all(inputs.map(lines))).flat().toSorted()
  const where = new Map<string, readonly [string, number]>()
  await eventually(
    async () => {
      const read = Object.entries(await readCommitted(bootstrapServers, topics))
      const values = read.flatMap(([, records]) => records.map(([, , value]) => value))
      if (values.length < all.length) return false
      expect(values.toSorted()).toEqual(all)
      for (const [topic, records] of read)
        for (const [partition, offset, value] of records) where.set(value, [partitionKey(topic, partition), offset])
      return true
    },
    { timeoutMs: 60_000, what: 'every line once in its topic' },
  )
  const written = Object.values(await readCommitted(bootstrapServers, topics, 'read_uncommitted')).flat()
  const delivered = { lines: all.length, aborted: written.length - all.length, repeated: 0, repeatedCommitted: 0 }
  for (const { file } of sinks) {
    await eventually(async () => new Set(await lines(file)).size >= all.length, {
      timeoutMs: 60_000,
      what: `every line in ${file}`,
    })
    expect([...new Set(await lines(file))].toSorted()).toEqual(all)
  }
  await commits.stop()
  for (const sink of sinks) {
    const { repeated, committed, looks } = await commits.repeats(sink, where)
    expect(looks).toBeGreaterThan(10)
    delivered.repeated += repeated
    delivered.repeatedCommitted += committed
  }
  return delivered
}

const stringConverter = 'org.apache.kafka.connect.storage.StringConverter'
