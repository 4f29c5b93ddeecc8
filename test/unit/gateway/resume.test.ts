import { expect, test } from 'vitest'
import type { SinkAttachment, TopicIdentity } from '#api'
import {
  type FakeGate,
  type Feeder,
  type Frame,
  fakeGate,
  feeder,
  makeAttachment,
  manualClock,
  type SettingsChange,
  settle,
} from './harness.ts'

const clock = manualClock()

async function worker(
  change: Partial<SinkAttachment> = {},
  settings: SettingsChange = {},
): Promise<{ gate: FakeGate; buses: Feeder }> {
  const gate = fakeGate(clock, settings)
  const buses = feeder(gate.hub.port.attachSink(makeAttachment(change)))
  buses.feed.ready()
  await settle()
  return { gate, buses }
}

const record = (buses: Feeder, count: number): void => {
  for (let n = 0; n < count; n++) buses.record([{ channel: 'bus:1', data: n, key: 'k' }])
}

async function subscribe(
  gate: FakeGate,
  position?: string,
  more: object = {},
): Promise<{ subscribed: Frame; frames: Frame[] }> {
  const client = gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1', position, ...more })
  await settle()
  const [subscribed = { type: 'none' }] = [...client.of('subscribed'), ...client.of('error')]
  return { subscribed, frames: client.frames }
}

const positionOf = async (gate: FakeGate): Promise<string> => String((await subscribe(gate)).subscribed['position'])

const identity = (change: Partial<TopicIdentity>): TopicIdentity => ({
  clusterId: async () => 'cluster-1',
  timestampAt: async (_, offset) => 1_700_000_000_000 + Number(offset),
  ...change,
})

test('a position of this worker continues after it', async () => {
  const { gate, buses } = await worker()
  record(buses, 3)
  const position = await positionOf(gate)
  const { subscribed, frames } = await subscribe(gate, position, { snapshot: true })
  expect(subscribed).toMatchObject({ recovered: true, position })
  record(buses, 2)
  await settle()
  const back = await subscribe(gate, position)
  expect(back.frames.slice(2).filter(({ type }) => type === 'message')).toEqual(
    frames.filter(({ type }) => type === 'message'),
  )
  expect(back.frames.at(-1)?.type).toBe('live')
})

test('a position inside a split record continues with the next part', async () => {
  const { gate, buses } = await worker()
  const client = gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1' })
  await settle()
  buses.record([0, 1, 2, 3].map((data) => ({ channel: 'bus:1', data })))
  await settle()
  const epoch = String(client.of('subscribed')[0]?.['position']).split('.')[0]
  const cursor = client.of('message')[1]?.['position']
  const { frames } = await subscribe(gate, `${epoch}${String(cursor)}`)
  expect(frames.filter(({ type }) => type === 'message').map(({ data }) => data)).toEqual([2, 3])
})

test.each([
  ['', 'bad_request'],
  ['nonsense', 'position_invalid'],
  ['.0-1', 'position_invalid'],
  ['AAAA.0-1', 'position_invalid'],
])('the position "%s" is answered with %s', async (position, expected) => {
  const { gate } = await worker()
  const { subscribed } = await subscribe(gate, position)
  expect([subscribed['code'], subscribed['reason']]).toContain(expected)
})

test('an altered position is invalid, and the client gets a snapshot and live', async () => {
  const { gate, buses } = await worker()
  record(buses, 2)
  const position = await positionOf(gate)
  const at = 20
  const forged = position.slice(0, at) + (position[at] === 'A' ? 'B' : 'A') + position.slice(at + 1)
  const { subscribed, frames } = await subscribe(gate, forged, { snapshot: true })
  expect(subscribed).toMatchObject({ recovered: false, reason: 'position_invalid', granted: { snapshot: true } })
  expect(frames.at(-1)).toMatchObject({ type: 'snapshot', items: [{ key: 'k', data: 1 }] })
})

test.each<[string, Partial<SinkAttachment>, SettingsChange]>([
  ['rule_changed', { rule: 'rule-2' }, {}],
  ['cluster_changed', { identity: identity({ clusterId: async () => 'cluster-2' }) }, {}],
  ['topic_changed', { identity: identity({ timestampAt: async () => 5 }) }, {}],
  ['topic_changed', { identity: identity({ timestampAt: async () => 'beyond' }) }, {}],
  ['position_invalid', { connector: 'other' }, {}],
  ['position_invalid', {}, { position: { keys: [Buffer.alloc(32, 1).toString('base64')] } }],
  ['position_expired', {}, { position: { maxAgeMs: -1 } }],
  ['window_passed', { identity: identity({}), window: { maxBytes: 0, maxAgeMs: 0 } }, {}],
])('another worker that differs says %s', async (reason, change, settings) => {
  const { gate, buses } = await worker()
  record(buses, 3)
  clock.advance(61_000)
  const position = await positionOf(gate)
  const other = await worker(change, settings)
  record(other.buses, 9)
  const { subscribed } = await subscribe(other.gate, position)
  expect(subscribed).toMatchObject({ type: 'subscribed', recovered: false, reason })
})

test('a position beyond the end of the log is ahead, one that the worker has not reached yet waits for it', async () => {
  const { gate, buses } = await worker()
  record(buses, 5)
  clock.advance(61_000)
  const position = await positionOf(gate)
  const end = identity({
    timestampAt: async (_, offset) => (offset < 3n ? 1_700_000_000_000 + Number(offset) : 'gone'),
  })
  const behind = await worker({ identity: end })
  record(behind.buses, 2)
  const client = behind.gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1', position })
  await settle()
  expect(client.of('subscribed')[0]).toMatchObject({ recovered: true, position })
  record(behind.buses, 3)
  await settle()
  expect(client.of('message')).toEqual([])
  record(behind.buses, 1)
  await settle()
  expect(client.of('message')).toHaveLength(1)

  const short = await worker({
    identity: identity({ timestampAt: async (_, offset) => (offset < 4n ? 'below' : 'beyond') }),
  })
  const { subscribed } = await subscribe(short.gate, `${position.split('.')[0]}.0-5`)
  expect(subscribed).toMatchObject({ recovered: false, reason: expect.stringMatching(/position_ahead|topic_changed/) })
})

test('a forged cursor beyond the end is ahead', async () => {
  const { gate, buses } = await worker({ identity: identity({ timestampAt: async () => 'beyond' }) })
  record(buses, 2)
  const position = await positionOf(gate)
  expect((await subscribe(gate, `${position.split('.')[0]}.0-zzz`)).subscribed).toMatchObject({
    reason: 'position_ahead',
  })
})

test('Kafka is asked about an epoch once, however many come with it, and again when it did not answer', async () => {
  const { gate, buses } = await worker()
  record(buses, 3)
  clock.advance(61_000)
  const position = await positionOf(gate)
  let asked = 0
  let fails = true
  const other = await worker({
    identity: identity({
      timestampAt: async (_, offset) => {
        asked++
        if (fails) throw new Error('away')
        return 1_700_000_000_000 + Number(offset)
      },
    }),
  })
  record(other.buses, 3)
  expect((await subscribe(other.gate, position)).subscribed).toMatchObject({ code: 'unavailable', retryable: true })
  fails = false
  asked = 0
  const told = await Promise.all([1, 2, 3, 4].map(() => subscribe(other.gate, position)))
  expect(told.map(({ subscribed }) => subscribed['recovered'])).toEqual([true, true, true, true])
  expect(asked).toBe(1)
})

test('what the window still covers is decided to the part of a record', async () => {
  const { gate, buses } = await worker({ window: { maxBytes: 2000, maxAgeMs: 3_600_000 } })
  const client = gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1' })
  await settle()
  buses.record(Array.from({ length: 8 }, (_, data) => ({ channel: 'bus:1', data })))
  await settle()
  const epoch = String(client.of('subscribed')[0]?.['position']).split('.')[0]
  const outcomes: [unknown, unknown[]][] = []
  for (const { position } of client.of('message')) {
    const { subscribed, frames } = await subscribe(gate, `${epoch}${String(position)}`)
    outcomes.push([subscribed['recovered'], frames.filter(({ type }) => type === 'message').map(({ data }) => data)])
  }
  const first = outcomes.findIndex(([recovered]) => recovered === true)
  expect(first).toBeGreaterThan(0)
  for (const [n, [recovered, missed]] of outcomes.entries()) {
    expect(recovered).toBe(n >= first)
    expect(missed).toEqual(n >= first ? [0, 1, 2, 3, 4, 5, 6, 7].slice(n + 1) : [])
  }
})

test('a partition opened later gets a new epoch, and the old positions stay good', async () => {
  const { gate, buses } = await worker()
  record(buses, 2)
  const position = await positionOf(gate)
  buses.feed.open([{ topic: 't', partition: 1, offset: 0n }])
  const origin = { topic: 't', partition: 1, offset: 0n, timestamp: 1 }
  buses.feed.publish([{ channel: 'bus:1', key: 'k', data: '"new"', origin, path: [] }], [{ ...origin, offset: 1n }])
  const { subscribed, frames } = await subscribe(gate, position)
  expect(subscribed['recovered']).toBe(true)
  expect(frames.filter(({ type }) => type === 'message').map(({ data }) => data)).toEqual(['new'])
})

test('records passed over send the clients away, and their positions are not covered', async () => {
  const { gate, buses } = await worker({ identity: identity({}) })
  record(buses, 2)
  const client = gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1' })
  await settle()
  buses.feed.open([{ topic: 't', partition: 0, offset: 9n }])
  expect(client.closed()).toBe('detached')
  const { subscribed } = await subscribe(gate, String(client.of('subscribed')[0]?.['position']))
  expect(subscribed).toMatchObject({ recovered: false, reason: 'window_passed' })
})

test('records that come a second time are published once', async () => {
  const { gate, buses } = await worker()
  const client = gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1' })
  await settle()
  const origin = { topic: 't', partition: 0, offset: 0n, timestamp: 1 }
  const publication = { channel: 'bus:1', key: 'k', data: '1', origin, path: [] }
  buses.feed.publish([publication], [{ ...origin, offset: 1n }])
  buses.feed.publish([publication, { ...publication, origin: { ...origin, offset: 1n } }], [{ ...origin, offset: 2n }])
  await settle()
  expect(client.of('message')).toHaveLength(2)
})
