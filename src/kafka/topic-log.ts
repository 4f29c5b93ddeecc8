import type { Clock, Logger } from '#api'
import { ConnectError, TimeoutError } from '#api'
import { withAnySignal } from '../util/any-signal.ts'
import { retry } from '../util/retry.ts'
import type { Asker } from './asker.ts'
import type { Connection } from './connections.ts'
import { createCluster } from './internals.ts'
import { startLogReader } from './log-reader.ts'
import type { PartitionBounds, RecordBatch, TopicLog, TopicLogOptions } from './ports.ts'
import { isPassing } from './send-records.ts'
import type { EndKind } from './topic-bounds.ts'
import { watchTopics } from './topics.ts'

export interface TopicLogDeps {
  readonly connection: Connection
  readonly asker: Asker
  readonly log: Logger
  readonly clock: Clock
}

/** A poll of the reader ends by itself when records come. */
const pollMs = 30_000
/** How often Kafka is asked where the topic begins, a second apart at most. */
const firstTries = 30
/** How often (ms) it is looked whether the topic has more partitions. */
const lookMs = 300_000

/** Reads on from the first offsets; resolves when what there was at this moment was handed over. */
export async function openTopicLog(deps: TopicLogDeps, options: TopicLogOptions): Promise<TopicLog> {
  const { connection, asker, clock } = deps
  const { topic, onRecord } = options
  const settings = connection.settings.consumer
  const closing = new AbortController()
  const waiting = new Set<() => void>()
  let failure: unknown

  if (!(await asker.listTopics()).includes(topic)) throw new ConnectError(`There is no topic ${topic} to read.`)
  // A topic that was just made, or whose broker was just lost, has no leader yet.
  const patiently = <T>(ask: () => Promise<T>, signal: AbortSignal, tries = Number.POSITIVE_INFINITY): Promise<T> => {
    const again = (error: unknown, attempt: number) => attempt < tries && isPassing(error)
    return retry(ask, { clock, signal, backoff: { initialMs: 50, maxMs: 1000 }, again })
  }
  const bounds = await patiently(() => asker.bounds([topic]), closing.signal, firstTries)
  const reached = new Map(bounds.map(({ partition, low }) => [partition, low]))
  const reader = startLogReader(
    {
      newCluster: async () => createCluster(await connection.kafka(options.clientId)),
      explain: connection.explain,
      settings,
      log: deps.log,
      clock,
      topics: watchTopics([topic], asker.listTopics, () => undefined, lookMs),
      starts: bounds.map(({ partition, low, high }) => ({ topic, partition, offset: low, end: high })),
      bounds: asker.bounds,
      // Nobody has positions in it.
      topicIds: async () => undefined,
      commit: async () => undefined,
    },
    {
      groupId: topic,
      clientId: options.clientId,
      topics: [topic],
      maxPollRecords: settings['max.poll.records'] ?? 5000,
      onUpstream: (state) => options.onUpstream?.(state),
      onMissing: () => undefined,
    },
  )

  function take({ partition, records, nextOffset }: RecordBatch): void {
    for (const record of records) onRecord(record)
    reached.set(partition, nextOffset)
  }

  async function follow(): Promise<void> {
    while (!closing.signal.aborted) {
      const { assigned, batches } = await reader.poll(pollMs, closing.signal)
      // Where it begins, or begins anew when the log no longer held what came next.
      for (const { partition, offset } of assigned) reached.set(partition, offset)
      for (const batch of batches) take(batch)
      for (const wake of waiting) wake()
    }
  }

  const following = follow().catch((error: unknown) => {
    failure = error
    for (const wake of waiting) wake()
  })

  function passed(wanted: readonly PartitionBounds[]): boolean {
    return wanted.every(({ partition, low, high }) => high === low || (reached.get(partition) ?? -1n) >= high)
  }

  function passing(wanted: readonly PartitionBounds[], signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (failure !== undefined) finish(() => reject(failure))
        else if (signal.aborted) finish(() => reject(endedWhileReading(topic, closing.signal)))
        else if (passed(wanted)) finish(resolve)
      }
      const finish = (settle: () => void): void => {
        waiting.delete(look)
        signal.removeEventListener('abort', look)
        settle()
      }
      waiting.add(look)
      signal.addEventListener('abort', look)
      look()
    })
  }

  async function read(end: EndKind, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw endedWhileReading(topic, closing.signal)
    const wanted = await patiently(() => asker.bounds([topic], end), signal)
    if (wanted.some(({ partition }) => !reached.has(partition))) reader.lookSoon()
    await passing(wanted, signal)
  }

  /** Under `read_committed` the end of the log is passed when the transactions that are open now have ended. */
  const readToEnd = (signal?: AbortSignal): Promise<void> =>
    withAnySignal(signal ? [signal, closing.signal] : [closing.signal], (until) => read('log', until))

  async function close(): Promise<void> {
    closing.abort()
    await reader.close()
    await following
  }

  try {
    // What a dead writer left open must not hold up a start.
    await read(settings['isolation.level'] === 'read_committed' ? 'stable' : 'log', closing.signal)
  } catch (error) {
    await close()
    throw error
  }
  return { readToEnd, close }
}

const endedWhileReading = (topic: string, closed: AbortSignal): ConnectError =>
  closed.aborted
    ? new ConnectError(`The topic ${topic} is not read any more.`)
    : new TimeoutError(
        `The topic ${topic} was not read to its end in time: Kafka does not answer, or a transaction is open in it.`,
      )
