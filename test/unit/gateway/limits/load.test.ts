import { expect, test } from 'vitest'
import type { Logger } from '#api'
import { createLoad } from '../../../../src/gateway/limits/load.ts'
import { fakeMeter, type Meters } from '../../../support/fake-meter.ts'
import {
  dataOf,
  granting,
  numbered,
  clock as pastClock,
  positionAt,
  range,
  turns,
} from '../../../support/past-worker.ts'
import { fakeGate, feeder, makeAttachment, makeSettings, manualClock, settle, silent } from '../harness.ts'

function watched(limits: object) {
  const meters: Meters = { eventLoopDelayMs: 0, memoryBytes: 0, heapShare: 0 }
  const lines: string[] = []
  const log: Logger = {
    ...silent,
    info: (facts: { step?: unknown }) => lines.push(`down to ${String(facts.step)}`),
    warn: (facts: { step?: unknown }) => lines.push(`up to ${String(facts.step)}`),
  }
  const load = createLoad(makeSettings({ limits }).limits, fakeMeter(meters), log)
  const look = (times: number): number => {
    for (let n = 0; n < times; n++) load.look()
    return load.level()
  }
  return { meters, lines, load, look }
}

test('load is shed a step at a time, given back later than taken, and each step is told once', () => {
  const { meters, lines, load, look } = watched({ eventLoopDelayMs: 200 })
  meters.eventLoopDelayMs = 250
  expect([look(1), look(1), look(1), look(1), look(2), look(20)]).toEqual([0, 1, 1, 2, 3, 3])
  // Between the limit and relief nothing changes.
  meters.eventLoopDelayMs = 180
  expect(look(20)).toBe(3)
  meters.eventLoopDelayMs = 20
  expect([look(4), look(1), look(5), look(5), look(20)]).toEqual([3, 2, 1, 0, 0])
  expect(lines).toEqual([
    'up to newcomers',
    'up to expensive',
    'up to connections',
    'down to expensive',
    'down to newcomers',
    'down to none',
  ])
  expect(load.begun()).toBe(1)
})

test('one late turn of the event loop sheds nothing', () => {
  const { meters, look } = watched({ eventLoopDelayMs: 200 })
  for (let n = 0; n < 10; n++) {
    meters.eventLoopDelayMs = n % 2 === 0 ? 5000 : 0
    expect(look(1)).toBe(0)
  }
})

test.each([
  ['memory over its bound', { memoryBytes: 1000 }, { memoryBytes: 1001 }],
  ['a heap that is nearly full', {}, { heapShare: 0.95 }],
])('%s sheds load too', (_, limits, found) => {
  const { meters, look } = watched(limits)
  Object.assign(meters, found)
  expect(look(2)).toBe(1)
})

async function gateUnderLoad() {
  const clock = manualClock()
  const fake = fakeGate(clock, { limits: { eventLoopDelayMs: 200 } })
  const buses = feeder(fake.hub.port.attachSink(makeAttachment()))
  buses.feed.ready()
  await settle()
  const look = (times: number): void => {
    for (let n = 0; n < times; n++) {
      clock.advance(1000)
      fake.gate.limits.tick(clock.now())
    }
  }
  return { ...fake, look }
}

test('at the second step snapshots are refused with a time to come back, and live subscriptions are not', async () => {
  const { connect, load, look } = await gateUnderLoad()
  const client = connect()
  load.eventLoopDelayMs = 300
  look(4)
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1', snapshot: true })
  client.send({ type: 'subscribe', id: 2, channel: 'bus:2' })
  await settle()
  expect(client.of('error')).toMatchObject([{ id: 1, code: 'overloaded', retryable: true }])
  expect(client.of('error')[0]?.['retryAfter']).toBeGreaterThan(0)
  expect(client.of('subscribed')).toMatchObject([{ id: 2 }])
})

test('at the second step nobody begins in the past, and who comes back with a position does', async () => {
  const records = numbered(20)
  const position = await positionAt(records, 5)
  const at = await granting(records, { limits: { eventLoopDelayMs: 200 } })
  at.publish(20)
  at.gate.load.eventLoopDelayMs = 300
  for (let n = 0; n < 4; n++) {
    pastClock.advance(1000)
    at.gate.gate.limits.tick(pastClock.now())
  }
  const client = at.gate.connect()
  client.send({ type: 'history', id: 1, channel: 'bus:1', from: 'earliest', limit: 5 })
  client.send({ type: 'subscribe', id: 2, channel: 'bus:1', from: 'earliest' })
  client.send({ type: 'subscribe', id: 3, channel: 'bus:1', position })
  await turns()
  expect(client.of('error')).toMatchObject([
    { id: 1, code: 'overloaded', retryable: true },
    { id: 2, code: 'overloaded', retryable: true },
  ])
  expect(client.of('subscribed')).toMatchObject([{ id: 3, recovered: true }])
  expect(dataOf(client)).toEqual(range(5, 20))
})

test('histories are paid for out of the budget of snapshots', async () => {
  const at = await granting(numbered(100), { limits: { snapshotBytesPerS: 2000 } })
  at.publish(100)
  const client = at.gate.connect()
  for (const id of [1, 2]) {
    client.send({ type: 'history', id, channel: 'bus:1', from: 'earliest', limit: 100 })
    await turns()
  }
  expect(client.of('history')).toMatchObject([{ id: 1 }])
  expect(client.of('error')).toMatchObject([{ id: 2, code: 'busy', retryable: true }])
})

test('at the last step the connections that cost most are closed, a hundredth at a time', async () => {
  const { connect, load, look } = await gateUnderLoad()
  const clients = Array.from({ length: 150 }, () => connect())
  for (const [n, client] of clients.entries()) {
    client.send({ type: 'connect', id: 1 })
    client.waiting = n
  }
  await settle()
  const closed = (): number[] => clients.flatMap((client, n) => (client.closed() === 'overloaded' ? [n] : []))
  load.eventLoopDelayMs = 300
  look(5)
  expect(closed()).toEqual([])
  look(1)
  expect(closed()).toEqual([148, 149])
  look(1)
  expect(closed()).toEqual([146, 147, 148, 149])
  load.eventLoopDelayMs = 0
  look(20)
  expect(closed()).toHaveLength(4)
})

test('snapshots have a budget in bytes: beyond it they wait, and nobody else does', async () => {
  const clock = manualClock()
  const { hub, connect } = fakeGate(clock, { limits: { snapshotBytesPerS: 1000 } })
  const buses = feeder(hub.port.attachSink(makeAttachment()))
  buses.feed.ready()
  for (let n = 0; n < 20; n++) buses.record([{ channel: 'bus:1', key: `k${n}`, data: 'x'.repeat(100) }])
  await settle()
  const [first, second] = [connect(), connect()]
  first.send({ type: 'subscribe', id: 1, channel: 'bus:1', snapshot: true })
  await settle()
  second.send({ type: 'subscribe', id: 1, channel: 'bus:1', snapshot: true })
  second.send({ type: 'subscribe', id: 2, channel: 'bus:2' })
  await settle()
  expect(first.of('snapshot')).toHaveLength(1)
  expect(second.of('error')).toMatchObject([{ id: 1, code: 'busy', retryable: true }])
  expect(second.of('subscribed')).toMatchObject([{ id: 2 }])
  clock.advance(Number(second.of('error')[0]?.['retryAfter']))
  second.send({ type: 'subscribe', id: 3, channel: 'bus:1', snapshot: true })
  await settle()
  expect(second.of('snapshot')).toHaveLength(1)
})
