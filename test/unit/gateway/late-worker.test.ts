import { expect, test } from 'vitest'
import { toNamespaces } from '../../../src/config/namespaces.ts'
import { fakeGate, feeder, makeAttachment, manualClock, settle } from './harness.ts'

test('what was old when a late worker read it ages from then: it is kept for who comes back, and nobody is closed for it', async () => {
  const clock = manualClock()
  const namespaces = toNamespaces({ bus: { subscribe: 'anonymous', 'lag.max.ms': 60_000 } })
  const gate = fakeGate(clock, { namespaces })
  const buses = feeder(gate.hub.port.attachSink(makeAttachment({ window: { maxBytes: 1 << 20, maxAgeMs: 300_000 } })))
  buses.feed.ready()
  const subscribe = async (more: object) => {
    const client = gate.connect()
    client.send({ type: 'subscribe', id: 1, channel: 'bus:1', ...more })
    await settle()
    return client
  }
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    gate.hub.tick(clock.now())
    await settle()
  }
  await settle()
  const slow = await subscribe({ window: 2 })
  const position = slow.of('subscribed')[0]?.['position']
  // The records say when they were made, which is ten hours before they are read.
  await pass(36_000_000)
  for (let n = 0; n < 5; n++) buses.record([{ channel: 'bus:1', data: n }])
  await pass(59_000)
  expect(slow.of('message')).toHaveLength(2)
  expect(slow.closed()).toBeUndefined()
  const back = await subscribe({ position })
  expect(back.of('subscribed')).toMatchObject([{ recovered: true }])
  expect(back.of('message').map(({ data }) => data)).toEqual([0, 1, 2, 3, 4])
  await pass(2000)
  expect(slow.closed()).toBe('lag')
  await pass(300_000)
  const late = await subscribe({ position })
  expect(late.of('subscribed')).toMatchObject([{ recovered: false, reason: 'window_passed' }])
})
