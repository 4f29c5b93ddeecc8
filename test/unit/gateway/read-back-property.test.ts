import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Clock, Publication, SinkFeed } from '#api'
import { type FakePast, fakePast, type PastRecord } from './fake-past.ts'
import { type FakeClient, type FakeGate, type Frame, fakeGate, makeAttachment, manualClock } from './harness.ts'

const channels = ['bus:1', 'bus:2']
const templates = [['bus:#{value.id}'], ['bus:#{value.id}', 'bus:#{value.label}']]
const stamp = (partition: number, offset: number): number => 1_700_000_000_000 + partition * 1000 + offset

type Log = readonly (readonly PastRecord[])[]

const logs: fc.Arbitrary<Log> = fc
  .array(fc.array(fc.array(fc.subarray(channels), { maxLength: 4 }), { minLength: 1, maxLength: 15 }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((partitions) =>
    partitions.map((records, p) =>
      records.map((parts, o) => ({
        at: stamp(p, o),
        parts: parts.flatMap((to, i) =>
          to.map((channel) => ({ channel, key: undefined, data: `"${p}/${o}/${i}/${channel}"`, path: [i] })),
        ),
      })),
    ),
  )

interface Worker {
  readonly gate: FakeGate
  readonly feed: SinkFeed
  readonly past: FakePast
  readonly next: number[]
}

interface Setting {
  readonly log: Log
  readonly many: boolean
  readonly bufferBytes: number
  readonly windowBytes: number
  readonly random: () => number
}

async function startWorker(clock: Clock, { log, many, bufferBytes, windowBytes, random }: Setting): Promise<Worker> {
  const gate = fakeGate(clock, { limits: { sendBufferBytes: bufferBytes }, resume: { readers: 1 } })
  const past = fakePast(
    log.map((records) => [...records]),
    (open) => [Math.floor(random() * open), 1 + Math.floor(random() * 4)],
  )
  const feed = gate.hub.port.attachSink(
    makeAttachment({
      templates: templates[many ? 1 : 0] ?? [],
      window: { maxBytes: windowBytes, maxAgeMs: 3_600_000 },
      past,
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
  return { gate, feed, past, next: log.map(() => 0) }
}

/** Reads some records of one partition. */
function read(worker: Worker, log: Log, partition: number, count: number): void {
  const publications: Publication[] = []
  const from = worker.next[partition] ?? 0
  const end = Math.min(log[partition]?.length ?? 0, from + count)
  for (let offset = from; offset < end; offset++) {
    const origin = { topic: 't', partition, offset: BigInt(offset), timestamp: stamp(partition, offset) }
    for (const part of log[partition]?.[offset]?.parts ?? []) publications.push({ ...part, origin })
  }
  worker.next[partition] = end
  worker.feed.publish(publications, [
    { topic: 't', partition, offset: BigInt(end), timestamp: stamp(partition, end - 1) },
  ])
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
    for (let i = 0; i < 4; i++) await turn()
  }

  /** Takes up to `count` of the frames that came. */
  take(count: number): void {
    const { client } = this
    if (!client) return
    for (const frame of client.frames.slice(this.taken, this.taken + count)) this.#take(frame)
    this.taken = Math.min(client.frames.length, this.taken + count)
  }

  #take(frame: Frame): void {
    expect(['connected', 'subscribed', 'message', 'position', 'live', 'ping', 'notice', 'error']).toContain(frame.type)
    if (frame.type === 'subscribed') this.recovered.push(frame['recovered'])
    if (frame.type === 'message') this.seen.push(String(frame['data']))
    const told = frame['position']
    if (typeof told !== 'string') return
    if (!told.startsWith('.')) this.epoch = told.slice(0, told.indexOf('.'))
    else expect(this.epoch).not.toBe('')
    this.position = told.startsWith('.') ? this.epoch + told : told
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const worker = fc.nat({ max: 1 })
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('read' as const),
        worker,
        partition: fc.nat({ max: 2 }),
        count: fc.integer({ min: 1, max: 5 }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 8 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('reconnect' as const), worker, take: fc.nat({ max: 12 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.constantFrom(10, 1000, 61_000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('away' as const), worker, isAway: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('block' as const, 'drain' as const) }) },
  ),
  { maxLength: 40 },
)

/** One template makes one channel of a part. */
const withOneChannel = (log: Log): Log =>
  log.map((records) =>
    records.map(({ at, parts }) => ({
      at,
      parts: parts.filter(({ path }, index) => parts[index - 1]?.path[0] !== path[0]),
    })),
  )

const settings = fc.record({
  log: logs,
  many: fc.boolean(),
  channel: fc.constantFrom('bus:1', 'bus:*'),
  bufferBytes: fc.constantFrom(4000, 1 << 20),
  windowBytes: fc.constantFrom(0, 1500, 4000, 1 << 20),
  seed: fc.integer({ min: 1 }),
})

test('a client that comes back to a window of any size gets every message once, in order, from memory or from Kafka', async () => {
  const tally = { recovered: 0, other: 0, readBack: 0 }
  await fc.assert(
    fc.asyncProperty(settings, steps, async ({ log: whole, channel, seed, ...rest }, todo) => {
      const log = rest.many ? whole : withOneChannel(whole)
      const manual = manualClock()
      // What waits for time does so for a turn.
      const clock = { ...manual, sleep: () => turn() }
      let state = seed
      const random = (): number => {
        state = (state * 48_271) % 2_147_483_647
        return state / 2_147_483_647
      }
      const setting = { log, random, ...rest }
      const workers = [await startWorker(clock, setting), await startWorker(clock, setting)] as const
      const reader = new Reader(channel)
      const at = (index: number): Worker => workers[index === 0 ? 0 : 1]
      for (const [partition] of log.entries()) read(at(0), log, partition, 1)
      await reader.connect(at(0))
      reader.take(Number.POSITIVE_INFINITY)
      expect(reader.recovered).toEqual([null])
      let current = at(0)
      const isClosed = (): boolean => reader.client?.closed() !== undefined
      const reconnect = async (to: Worker, take: number): Promise<void> => {
        reader.take(take)
        reader.client?.disconnect()
        current = to
        await reader.connect(to)
      }
      for (const step of todo) {
        if (isClosed()) await reconnect(at(0), Number.POSITIVE_INFINITY)
        if (step.do === 'read') read(at(step.worker), log, step.partition % log.length, step.count)
        else if (step.do === 'turns') for (let i = 0; i < step.count; i++) await turn()
        else if (step.do === 'reconnect') await reconnect(at(step.worker), step.take)
        else if (step.do === 'away') at(step.worker).past.isAway = step.isAway
        else if (step.do === 'time') {
          manual.advance(step.ms)
          for (const { gate } of workers) gate.hub.tick(clock.now())
        } else if (step.do === 'block' && reader.client) reader.client.waiting = rest.bufferBytes * 0.6
        else reader.client?.drain()
      }
      for (const each of workers) {
        each.past.isAway = false
        for (const [partition, records] of log.entries()) read(each, log, partition, records.length)
      }
      const wanted = log.flatMap((records) =>
        records.slice(1).flatMap(({ parts }) => {
          const own = parts.filter((part) => channel === 'bus:*' || part.channel === channel)
          return own.map(({ data }) => JSON.parse(data ?? '') as string)
        }),
      )
      const refused = (): boolean => (reader.client?.of('error').length ?? 0) > 0
      for (let i = 0; i < 600 && reader.seen.length < wanted.length; i++) {
        if (isClosed() || refused()) await reconnect(current, Number.POSITIVE_INFINITY)
        reader.client?.drain()
        await turn()
        if (!refused()) reader.take(Number.POSITIVE_INFINITY)
      }
      for (let i = 0; i < 10; i++) await turn()
      reader.take(Number.POSITIVE_INFINITY)
      expect(reader.seen.toSorted()).toEqual(wanted.toSorted())
      for (const told of reader.recovered.slice(1)) tally[told === true ? 'recovered' : 'other']++
      for (const { past } of workers) tally.readBack += past.figures.records
      for (const [partition] of log.entries()) {
        const own = reader.seen.filter((data) => data.startsWith(`${partition}/`))
        expect(own).toEqual(wanted.filter((data) => data.startsWith(`${partition}/`)))
      }
      reader.client?.disconnect()
      await turn()
    }),
    { numRuns: 300 },
  )
  expect(tally.other).toBe(0)
  expect(tally.recovered).toBeGreaterThan(100)
  expect(tally.readBack).toBeGreaterThan(100)
}, 120_000)
