import { expect } from 'vitest'
import { eventually } from './eventually.ts'
import type { Follower } from './pipeline.ts'
import { kafkaClient } from './topics.ts'

/** Numbers written to a topic, a few at a time, until it is stopped. */
export interface NumberStream {
  /** The highest number that Kafka has. */
  last(): number
  /** Resolves when so many more are there. */
  more(count: number): Promise<void>
  stop(): Promise<void>
}

/** Ten at a time, with a pause (ms) between. */
export async function numberStream(topic: string, partitions: number, pauseMs = 20): Promise<NumberStream> {
  const producer = await kafkaClient().producer({ clientId: 'numbers' })
  const life = new AbortController()
  let last = -1
  const run = async (): Promise<void> => {
    while (!life.signal.aborted) {
      const batch = Array.from({ length: 10 }, (_, place) => last + 1 + place)
      await producer.send(
        batch.map((seq) => ({
          topic,
          partition: seq % partitions,
          key: Buffer.from(`k${seq % 7}`),
          value: Buffer.from(JSON.stringify({ seq, id: `k${seq % 7}` })),
          headers: [],
        })),
      )
      last += batch.length
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
  const running = run()
  return {
    last: () => last,
    async more(count) {
      const until = last + count
      await eventually(() => last >= until, { what: `${count} more numbers` })
    },
    async stop() {
      life.abort()
      await running
      await producer.close()
    },
  }
}

/** Everybody has every number from its first on, each once. */
export async function expectWhole(followers: readonly Follower[], last: number): Promise<void> {
  await eventually(() => followers.every(({ seqs }) => seqs.includes(last)), {
    timeoutMs: 30_000,
    what: `number ${last} at all clients`,
  })
  for (const { seqs } of followers) {
    const sorted = seqs.toSorted((a, b) => a - b)
    const first = sorted[0] ?? 0
    expect(sorted).toEqual(Array.from({ length: last - first + 1 }, (_, place) => first + place))
  }
}
