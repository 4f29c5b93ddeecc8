import { readFile, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { onTestFinished } from 'vitest'

export interface WatchedSink {
  readonly connector: string
  /** Each line is a record's value; values are unique. */
  readonly file: string
}

interface Sample {
  /** By topic and partition. */
  readonly committed: ReadonlyMap<string, number>
  readonly bytes: number
}

export const partitionKey = (topic: string, partition: number): string => `${topic}/${partition}`

/**
 * Looks again and again at what sinks' groups have committed and, after that, at how far their files go: whatever a file
 * gets later than a look is delivered again although it was committed when its offset lies below the group's of that look.
 */
export function watchCommits(bootstrapServers: string, sinks: readonly WatchedSink[], topics: readonly string[]) {
  const kafka = new Kafka({
    brokers: bootstrapServers.split(','),
    clientId: 'test',
    logLevel: logLevel.NOTHING,
    retry: { retries: 1 },
    requestTimeout: 3000,
  })
  const admin = kafka.admin()
  const samples = new Map<string, Sample[]>(sinks.map(({ connector }) => [connector, []]))
  const end = new AbortController()

  async function look({ connector, file }: WatchedSink): Promise<void> {
    const offsets = await admin.fetchOffsets({ groupId: `connect-${connector}`, topics: [...topics] })
    const { size } = await stat(file).catch(() => ({ size: 0 }))
    const committed = offsets.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => [partitionKey(topic, partition), Number(offset)] as const),
    )
    samples.get(connector)?.push({ committed: new Map(committed), bytes: size })
  }

  const isConnected = (): Promise<boolean> =>
    admin.connect().then(
      () => true,
      () => false,
    )
  const looking = (async () => {
    let connected = false
    while (!end.signal.aborted) {
      // Kafka may be away, from the beginning too, and nothing is committed then.
      connected ||= await isConnected()
      await Promise.all(sinks.map((sink) => look(sink).catch(() => undefined)))
      await sleep(200, undefined, { signal: end.signal }).catch(() => undefined)
    }
    await admin.disconnect()
  })()
  const stop = async (): Promise<void> => {
    end.abort()
    await looking
  }
  onTestFinished(stop)

  return {
    stop,
    /** How many lines went to a sink's file again, and how many of those although they were committed; `at` tells where a value lies. */
    async repeats({ connector, file }: WatchedSink, at: ReadonlyMap<string, readonly [string, number]>) {
      const own = samples.get(connector) ?? []
      const seen = new Set<string>()
      const found = { repeated: 0, committed: 0, looks: own.length }
      let bytes = 0
      let next = 0
      for (const line of (await readFile(file, 'utf8')).split('\n').slice(0, -1)) {
        while ((own[next]?.bytes ?? Number.POSITIVE_INFINITY) <= bytes) next++
        const [key, offset] = at.get(line) ?? ['', 0]
        if (seen.has(line)) found.repeated++
        if (offset < (own[next - 1]?.committed.get(key) ?? 0)) found.committed++
        seen.add(line)
        bytes += Buffer.byteLength(line) + 1
      }
      return found
    },
  }
}
