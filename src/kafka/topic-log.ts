import type { Clock, Logger } from '#api'
import { ConnectError, messageOf, TimeoutError } from '#api'
import { withAnySignal } from '../util/any-signal.ts'
import { retry } from '../util/retry.ts'
import type { Asker } from './asker.ts'
import type { Connection } from './connections.ts'
import { createCluster } from './internals.ts'
import { startLogReader } from './log-reader.ts'
import type { PartitionBounds, RecordBatch, TopicLog, TopicLogOptions } from './ports.ts'
import { isPassing } from './send-records.ts'
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
  const isReadCommitted = settings['isolation.level'] === 'read_committed'
  const closing = new AbortController()
  const reached = new Map<number, bigint>()
  const waiting = new Set<() => void>()
  let failure: unknown

  if (!(await asker.listTopics()).includes(topic)) throw new ConnectError(`There is no topic ${topic} to read.`)
  // A topic that was just made, or whose broker was just lost, has no leader yet.
  const patiently = <T>(ask: () => Promise<T>, signal: AbortSignal, tries = Number.POSITIVE_INFINITY): Promise<T> => {
    const again = (error: unknown, attempt: number) => attempt < tries && isPassing(error)
    return retry(ask, { clock, signal, backoff: { initialMs: 50, maxMs: 1000 }, again })
  }
  const bounds = await patiently(() => asker.bounds([topic]), closing.signal, firstTries)
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

  async function ends(): Promise<readonly Pick<PartitionBounds, 'partition' | 'high'>[]> {
    return isReadCommitted ? stableEnds(asker, topic) : await asker.bounds([topic])
  }

  function passed(wanted: readonly Pick<PartitionBounds, 'partition' | 'high'>[]): boolean {
    return wanted.every(({ partition, high }) => (reached.get(partition) ?? 0n) >= high)
  }

  function passing(wanted: readonly Pick<PartitionBounds, 'partition' | 'high'>[], signal: AbortSignal): Promise<void> {
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

  const readToEnd = (signal?: AbortSignal): Promise<void> =>
    withAnySignal(signal ? [signal, closing.signal] : [closing.signal], async (until) => {
      if (until.aborted) throw endedWhileReading(topic, closing.signal)
      await passing(await patiently(ends, until), until)
    })

  async function close(): Promise<void> {
    closing.abort()
    await reader.close()
    await following
  }

  try {
    await readToEnd()
  } catch (error) {
    await close()
    throw error
  }
  return { readToEnd, close }
}

const endedWhileReading = (topic: string, closed: AbortSignal): ConnectError =>
  closed.aborted
    ? new ConnectError(`The topic ${topic} is not read any more.`)
    : new TimeoutError(`The topic ${topic} was not read to its end in time.`)

/** The last stable offsets: what `read_committed` may see at this moment. */
async function stableEnds(
  asker: Asker,
  topic: string,
): Promise<readonly Pick<PartitionBounds, 'partition' | 'high'>[]> {
  return asker.cluster([topic], async (cluster) => {
    const ask = async () => {
      const { topicMetadata } = await cluster.metadata({ topics: [topic] })
      const partitions = topicMetadata.flatMap(({ partitionMetadata }) =>
        partitionMetadata.map((each) => each.partitionId),
      )
      const answers = Object.entries(cluster.findLeaderForPartitions(topic, partitions)).map(async ([nodeId, own]) => {
        const broker = await cluster.findBroker({ nodeId })
        const topics = [{ topic, partitions: own.map((partition) => ({ partition, timestamp: -1 })) }]
        const { responses } = await broker.listOffsets({ replicaId: -1, isolationLevel: 1, topics })
        return responses.flatMap((each) => each.partitions)
      })
      return (await Promise.all(answers)).flat().map(({ partition, offset }) => ({ partition, high: BigInt(offset) }))
    }
    try {
      return await ask()
    } catch (error) {
      await cluster.refreshMetadata().catch(() => undefined)
      return await ask().catch((again: unknown) => {
        throw new ConnectError(`The end of ${topic} is not known: ${messageOf(again)}`, { cause: error })
      })
    }
  })
}
