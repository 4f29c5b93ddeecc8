import type { Publication, SinkAttachment, SinkFeed } from '#api'
import { toNamespaces } from '../../src/config/namespaces.ts'
import { type FakePast, fakePast, type PastRecord } from '../unit/gateway/fake-past.ts'
import {
  type FakeClient,
  type FakeGate,
  fakeGate,
  makeAttachment,
  manualClock,
  type SettingsChange,
} from '../unit/gateway/harness.ts'

export const clock = manualClock()
export const began = clock.now()

/** A worker with one partition, whose gate keeps nothing in memory unless a test says so. */
export interface Worker {
  readonly gate: FakeGate
  readonly feed: SinkFeed
  readonly past: FakePast
  /** Publishes the next records of the log. */
  publish(count: number): void
}

export const record = (offset: number, parts: PastRecord['parts']): PastRecord => ({ at: began + offset, parts })
export const numbered = (count: number, channel = 'bus:1'): PastRecord[] =>
  Array.from({ length: count }, (_, offset) =>
    record(offset, [{ channel, key: `k${offset % 3}`, data: String(offset), path: [] }]),
  )

export interface Options {
  readonly past?: FakePast | null
  readonly attachment?: Partial<SinkAttachment>
  readonly settings?: SettingsChange
  readonly from?: number
  readonly topicId?: string
  /** What waits for time does so for a turn. */
  readonly sleeps?: boolean
}

export async function worker(records: PastRecord[], options: Options = {}): Promise<Worker> {
  const { from = 0, attachment = {}, settings = {}, topicId } = options
  const past = options.past ?? fakePast([records])
  const gate = fakeGate(options.sleeps ? { ...clock, sleep: () => turns(1) } : clock, settings)
  const feed = gate.hub.port.attachSink(
    makeAttachment({
      window: { maxBytes: 0, maxAgeMs: 3_600_000 },
      past: options.past === null ? undefined : past,
      identity: {
        clusterId: async () => 'cluster-1',
        timestampAt: async (_, offset) => records[Number(offset)]?.at ?? 'beyond',
      },
      ...attachment,
    }),
  )
  feed.open([{ topic: 't', partition: 0, offset: BigInt(from), timestampBefore: records[from - 1]?.at, topicId }])
  feed.ready()
  await turns()
  let next = from
  return {
    gate,
    feed,
    past,
    publish(count) {
      const publications: Publication[] = []
      const end = Math.min(records.length, next + count)
      for (let offset = next; offset < end; offset++) {
        const origin = { topic: 't', partition: 0, offset: BigInt(offset), timestamp: records[offset]?.at ?? 0 }
        for (const part of records[offset]?.parts ?? []) publications.push({ ...part, origin })
      }
      next = end
      const timestamp = records[end - 1]?.at ?? 0
      feed.publish(publications, [{ topic: 't', partition: 0, offset: BigInt(end), timestamp }])
      gate.fanOut.flush()
    },
  }
}

export async function turns(count = 30): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

export const dataOf = (client: FakeClient): unknown[] => client.of('message').map(({ data }) => data)
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)

export async function subscribe(at: Pick<Worker, 'gate'>, more: object = {}): Promise<FakeClient> {
  const client = at.gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1', ...more })
  await turns()
  return client
}

/** A position after some records, told by another worker. */
export async function positionAt(
  records: PastRecord[],
  count: number,
  renews = true,
  options: Options = {},
): Promise<string> {
  const other = await worker(records, options)
  other.publish(count)
  if (renews) for (const stream of other.gate.hub.streams()) stream.tracker.renew(clock.now())
  const client = await subscribe(other)
  client.disconnect()
  return String(client.of('subscribed')[0]?.['position'])
}

const open = { subscribe: 'anonymous', publish: 'none', history: 'anonymous' }
/** A worker whose namespace lets everybody read the past. */
export const granting = (
  records: PastRecord[],
  settings: SettingsChange = {},
  options: Options = {},
): Promise<Worker> =>
  worker(records, { ...options, settings: { namespaces: toNamespaces({ bus: open }), ...settings } })
