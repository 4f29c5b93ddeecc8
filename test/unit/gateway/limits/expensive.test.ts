import { expect, test } from 'vitest'
import { toNamespaces } from '../../../../src/config/namespaces.ts'
import type { GatePeers } from '../../../../src/gateway/peers.ts'
import type { LimitSettings } from '../../../../src/gateway/settings.ts'
import { type FakeClient, type Frame, fakeGate, feeder, makeAttachment, manualClock, settle } from '../harness.ts'

const namespaces = toNamespaces({
  bus: { subscribe: 'anonymous', presence: 'anonymous', statistics: 'anonymous' },
})

/** A gate of a hundred channels with a message each. */
async function setUp(limits: Partial<LimitSettings>, peers?: GatePeers) {
  const clock = manualClock()
  const gate = fakeGate(clock, { namespaces, limits }, peers)
  const buses = feeder(gate.hub.port.attachSink(makeAttachment({ templates: ['bus:#{value.line}:#{value.id}'] })))
  buses.feed.ready()
  await settle()
  for (let n = 0; n < 100; n++) buses.record([{ channel: `bus:${n % 2}:${n}`, data: n }])
  await settle()
  let id = 0
  const ask = async (client: FakeClient, frame: object): Promise<Frame | undefined> => {
    client.send({ ...frame, id: ++id })
    await settle()
    return client.frames.findLast((got) => got['id'] === id)
  }
  return { clock, gate, ask }
}

test('a pattern that nobody has yet is paid for out of the budget of snapshots, one that somebody has is not', async () => {
  // All channels looked at are 1,000, and the half that a pattern has 12,500 more.
  const { clock, gate, ask } = await setUp({ snapshotBytesPerS: 5000 })
  const [first, second] = [gate.connect(), gate.connect()]
  expect(await ask(first, { type: 'subscribe', channel: 'bus:0:*' })).toMatchObject({ type: 'subscribed' })
  const refused = await ask(second, { type: 'subscribe', channel: 'bus:1:*' })
  expect(refused).toMatchObject({ type: 'error', code: 'busy', retryable: true })
  expect(await ask(second, { type: 'subscribe', channel: 'bus:0:*' })).toMatchObject({ type: 'subscribed' })
  expect(await ask(second, { type: 'subscribe', channel: 'bus:1:1' })).toMatchObject({ type: 'subscribed' })
  // The debt is paid after the time that the client was told.
  expect(refused?.['retryAfter']).toBeGreaterThan(1000)
  clock.advance(Number(refused?.['retryAfter']))
  expect(await ask(first, { type: 'subscribe', channel: 'bus:1:*' })).toMatchObject({ type: 'subscribed' })
  const [stream] = [...gate.hub.streams()]
  expect(stream?.patternCount()).toBe(2)
})

test('a pattern that costs more than the budget has is not refused the snapshot for its own cost', async () => {
  const { gate, ask } = await setUp({ snapshotBytesPerS: 5000 })
  const asked = { type: 'subscribe', channel: 'bus:0:*', snapshot: true }
  expect(await ask(gate.connect(), asked)).toMatchObject({ type: 'subscribed' })
  expect(await ask(gate.connect(), asked)).toMatchObject({ type: 'error', code: 'busy' })
})

test.each(['presence', 'statistics'])('%s is paid for by what it looks at, and by what is sent', async (type) => {
  const { clock, gate, ask } = await setUp({ snapshotBytesPerS: 1000 })
  for (let n = 0; n < 20; n++) await ask(gate.connect(), { type: 'subscribe', channel: 'bus:1:1' })
  const client = gate.connect()
  expect(await ask(client, { type, channel: 'bus:1:1' })).toMatchObject({ type })
  const refused = await ask(client, { type, channel: 'bus:1:3' })
  expect(refused).toMatchObject({ type: 'error', code: 'busy', retryable: true })
  expect(refused?.['retryAfter']).toBeGreaterThan(2000)
  clock.advance(Number(refused?.['retryAfter']))
  expect(await ask(client, { type, channel: 'bus:1:3' })).toMatchObject({ type })
})

test('many who ask at once are refused before the other gates have answered the first', async () => {
  let asked = 0
  const peers: GatePeers = {
    ask() {
      asked++
      return new Promise(() => undefined)
    },
    serve: () => () => undefined,
  }
  const { gate, ask } = await setUp({ snapshotBytesPerS: 1000 }, peers)
  for (let n = 0; n < 20; n++) await ask(gate.connect(), { type: 'subscribe', channel: 'bus:1:1' })
  await ask(gate.connect(), { type: 'presence', channel: 'bus:1:1' })
  for (let n = 0; n < 50; n++)
    expect(await ask(gate.connect(), { type: 'presence', channel: `bus:1:${n}` })).toMatchObject({ code: 'busy' })
  expect(asked).toBe(1)
})

test('what other gates ask of this one counts here', async () => {
  let handle: ((body: Buffer, from: readonly string[]) => Buffer) | undefined
  const peers: GatePeers = {
    ask: async () => [],
    serve(what, by) {
      if (what === 'presence') handle = by
      return () => undefined
    },
  }
  const { gate, ask } = await setUp({ snapshotBytesPerS: 1000 }, peers)
  for (let n = 0; n < 20; n++) await ask(gate.connect(), { type: 'subscribe', channel: 'bus:1:1' })
  handle?.(Buffer.from('bus:1:1'), ['other'])
  expect(await ask(gate.connect(), { type: 'presence', channel: 'bus:1:3' })).toMatchObject({ code: 'busy' })
})

test('when there is too much to do neither presence nor new patterns are to be had, those that are there are', async () => {
  const { clock, gate, ask } = await setUp({ eventLoopDelayMs: 200 })
  const client = gate.connect()
  expect(await ask(client, { type: 'subscribe', channel: 'bus:0:*' })).toMatchObject({ type: 'subscribed' })
  gate.load.eventLoopDelayMs = 300
  for (let n = 0; n < 4; n++) {
    clock.advance(1000)
    gate.gate.limits.tick(clock.now())
  }
  const late = gate.connect()
  for (const frame of [
    { type: 'presence', channel: 'bus:1:1' },
    { type: 'statistics', channel: 'bus:1:1' },
    { type: 'subscribe', channel: 'bus:1:*' },
  ])
    expect(await ask(late, frame)).toMatchObject({ type: 'error', code: 'overloaded', retryable: true })
  expect(await ask(late, { type: 'subscribe', channel: 'bus:0:*' })).toMatchObject({ type: 'subscribed' })
})
