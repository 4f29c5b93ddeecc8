import { expect, test } from 'vitest'
import { type FakeGate, type Feeder, fakeGate, feeder, makeAttachment, manualClock, settle } from './harness.ts'

const expiring = { templates: ['bus:#{value.route}'], snapshot: { expireMs: 10_000, maxBytes: 10_000, maxEntries: 9 } }
const clock = manualClock()

function worker(): { gate: FakeGate; buses: Feeder } {
  const gate = fakeGate(clock)
  return { gate, buses: feeder(gate.hub.port.attachSink(makeAttachment(expiring))) }
}

test('what vanished while no worker ran is told to who comes back with a position', async () => {
  const first = worker()
  first.buses.feed.ready()
  await settle()
  first.buses.record([{ channel: 'bus:1', data: 1, key: 'vanishes' }])
  const client = first.gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1' })
  await settle()
  const position = client.of('subscribed')[0]?.['position']

  const next = worker()
  next.buses.record([{ channel: 'bus:1', data: 1, key: 'vanishes' }])
  clock.advance(20_000)
  next.buses.feed.ready()
  await settle()
  const back = next.gate.connect()
  back.send({ type: 'subscribe', id: 1, channel: 'bus:1', position })
  await settle()
  expect(back.of('subscribed')).toMatchObject([{ recovered: true }])
  expect(back.of('message')).toEqual([{ type: 'message', channel: 'bus:1', key: 'vanishes', deleted: true }])

  const fresh = next.gate.connect()
  fresh.send({ type: 'subscribe', id: 1, channel: 'bus:1', snapshot: true })
  await settle()
  expect(fresh.of('snapshot')).toMatchObject([{ items: [] }])
  expect(fresh.of('message')).toEqual([])
})
