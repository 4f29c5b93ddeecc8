import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Publication, SinkFeed } from '#api'
import { type FakeClient, type FakeGate, type Frame, fakeGate, makeAttachment, manualClock } from './harness.ts'

/** A log of several partitions; each record has parts, each part a message for some of the channels. */
interface Part {
  readonly channels: readonly string[]
  readonly data: string
}
type Log = readonly (readonly (readonly Part[])[])[]

const channels = ['bus:1', 'bus:2']
const templates = [['bus:#{value.id}'], ['bus:#{value.id}', 'bus:#{value.label}']]

const logs: fc.Arbitrary<Log> = fc
  .array(fc.array(fc.array(fc.subarray(channels), { maxLength: 4 }), { minLength: 1, maxLength: 12 }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((partitions) =>
    partitions.map((records, p) =>
      records.map((parts, o) => parts.map((to, i) => ({ channels: to, data: `${p}/${o}/${i}` }))),
    ),
  )

interface Worker {
  readonly gate: FakeGate
  readonly feed: SinkFeed
  readonly next: number[]
}

async function startWorker(
  log: Log,
  clock: ReturnType<typeof manualClock>,
  many: boolean,
  bufferBytes: number,
): Promise<Worker> {
  const gate = fakeGate(clock, { limits: { sendBufferBytes: bufferBytes } })
  const feed = gate.hub.port.attachSink(
    makeAttachment({
      templates: templates[many ? 1 : 0] ?? [],
      identity: {
        clusterId: async () => 'cluster-1',
        timestampAt: async ({ partition }, offset) =>
          offset < BigInt(log[partition]?.length ?? 0) ? stamp(partition, Number(offset)) : 'beyond',
      },
    }),
  )
  feed.open(log.map((_, partition) => ({ topic: 't', partition, offset: 0n })))
  feed.ready()
  await Promise.resolve()
  return { gate, feed, next: log.map(() => 0) }
}

const stamp = (partition: number, offset: number): number => 1_700_000_000_000 + partition * 1000 + offset

/** Reads some records of one partition. */
function read(worker: Worker, log: Log, partition: number, count: number): void {
  const publications: Publication[] = []
  const from = worker.next[partition] ?? 0
  const end = Math.min(log[partition]?.length ?? 0, from + count)
  for (let offset = from; offset < end; offset++) {
    const parts = log[partition]?.[offset] ?? []
    const origin = { topic: 't', partition, offset: BigInt(offset), timestamp: stamp(partition, offset) }
    for (const [index, { channels: to, data }] of parts.entries())
      for (const channel of to)
        publications.push({ channel, key: undefined, data: JSON.stringify(data), origin, path: [index] })
  }
  worker.next[partition] = end
  const timestamp = stamp(partition, end - 1)
  worker.feed.publish(publications, [{ topic: 't', partition, offset: BigInt(end), timestamp }])
}

/** What a plain client does: one line for the position. */
class Reader {
  readonly channel: string
  readonly seen: string[] = []
  readonly recovered: unknown[] = []
  position: string | undefined
  epoch = ''
  client: FakeClient | undefined
  taken = 0

  constructor(channel: string) {
    this.channel = channel
  }

  async connect(worker: Worker): Promise<void> {
    this.client = worker.gate.connect()
    this.taken = 0
    this.client.send({ type: 'subscribe', id: 1, channel: this.channel, position: this.position })
    for (let i = 0; i < 20; i++) await Promise.resolve()
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** Takes up to `count` of the frames that came. */
  take(count: number): void {
    const { client } = this
    if (!client) return
    for (const frame of client.frames.slice(this.taken, this.taken + count)) this.#take(frame)
    this.taken = Math.min(client.frames.length, this.taken + count)
  }

  #take(frame: Frame): void {
    expect(['connected', 'subscribed', 'message', 'position', 'live', 'ping', 'notice']).toContain(frame.type)
    if (frame.type === 'subscribed') this.recovered.push(frame['recovered'])
    if (frame.type === 'message') this.seen.push(String(frame['data']))
    const told = frame['position']
    if (typeof told !== 'string') return
    if (!told.startsWith('.')) this.epoch = told.slice(0, told.indexOf('.'))
    else expect(this.epoch).not.toBe('')
    this.position = told.startsWith('.') ? this.epoch + told : told
  }
}

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('read' as const),
        worker: fc.nat({ max: 1 }),
        partition: fc.nat({ max: 3 }),
        count: fc.integer({ min: 1, max: 5 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('flush' as const), worker: fc.nat({ max: 1 }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('reconnect' as const),
        worker: fc.nat({ max: 1 }),
        take: fc.nat({ max: 12 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.constantFrom(10, 1000, 31_000, 61_000) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('block' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('drain' as const) }) },
  ),
  { maxLength: 40 },
)

test('a client that comes and goes between workers with other orders of reading gets every message exactly once', async () => {
  const recovered = { true: 0, other: 0 }
  await fc.assert(
    fc.asyncProperty(
      logs,
      steps,
      fc.boolean(),
      fc.constantFrom(4000, 1 << 20),
      async (log, todo, many, bufferBytes) => {
        const clock = manualClock()
        const workers = [
          await startWorker(log, clock, many, bufferBytes),
          await startWorker(log, clock, many, bufferBytes),
        ] as const
        const reader = new Reader('bus:1')
        // Both have read something before the client comes, the first from where it counts.
        const begin = workers[0]
        for (const [partition] of log.entries()) read(begin, log, partition, 1)
        await reader.connect(begin)
        reader.take(Number.POSITIVE_INFINITY)
        expect(reader.recovered).toEqual([null])
        const isClosed = (): boolean => reader.client?.closed() !== undefined
        const reconnect = async (worker: Worker, take: number): Promise<void> => {
          reader.take(take)
          reader.client?.disconnect()
          await reader.connect(worker)
        }
        for (const step of todo) {
          if (isClosed()) await reconnect(begin, Number.POSITIVE_INFINITY)
          switch (step.do) {
            case 'read':
              read(workers[step.worker === 0 ? 0 : 1], log, step.partition % log.length, step.count)
              break
            case 'flush':
              workers[step.worker === 0 ? 0 : 1].gate.fanOut.flush()
              break
            case 'reconnect':
              await reconnect(workers[step.worker === 0 ? 0 : 1], step.take)
              break
            case 'time':
              clock.advance(step.ms)
              for (const { gate } of workers) gate.hub.tick(clock.now())
              break
            case 'block':
              if (reader.client) reader.client.waiting = bufferBytes * 0.6
              break
            case 'drain':
              reader.client?.drain()
              break
          }
        }
        for (const worker of workers) {
          for (const [partition, records] of log.entries()) read(worker, log, partition, records.length)
          worker.gate.fanOut.flush()
        }
        reader.client?.drain()
        if (isClosed()) await reconnect(begin, Number.POSITIVE_INFINITY)
        reader.take(Number.POSITIVE_INFINITY)
        const wanted = log.flatMap((records) =>
          records
            .slice(1)
            .flatMap((parts) => parts.filter((part) => part.channels.includes('bus:1')).map((part) => part.data)),
        )
        expect(reader.seen.toSorted()).toEqual(wanted.toSorted())
        for (const told of reader.recovered.slice(1)) recovered[told === true ? 'true' : 'other']++
        // In each partition in the order of the log.
        for (const [partition] of log.entries()) {
          const own = reader.seen.filter((data) => data.startsWith(`${partition}/`))
          expect(own).toEqual(wanted.filter((data) => data.startsWith(`${partition}/`)))
        }
      },
    ),
    { numRuns: 400 },
  )
  expect(recovered.other).toBe(0)
  expect(recovered.true).toBeGreaterThan(100)
}, 60_000)
