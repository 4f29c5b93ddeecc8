import { expect, test } from 'vitest'
import { toNamespaces } from '../../../src/config/namespaces.ts'
import { fakeGate, feeder, makeAttachment, manualClock, settle } from './harness.ts'

const namespaces = toNamespaces({
  bus: {
    subscribe: 'anonymous',
    'window.max.bytes': 1000,
    'snapshot.max.bytes': 2000,
    deliveries: ['latest'],
  },
})
const within = {
  window: { maxBytes: 1000, maxAgeMs: 1000 },
  snapshot: { expireMs: 0, maxBytes: 2000, maxEntries: 10 },
  delivery: 'latest',
} as const

test.each([
  [{ window: { maxBytes: 1001, maxAgeMs: 1000 } }, /window\.max\.bytes is 1001.*bus allows 1000/],
  [{ snapshot: { expireMs: 0, maxBytes: 2001, maxEntries: 1 } }, /snapshot\.max\.bytes is 2001.*bus allows 2000/],
  [{ delivery: 'every' as const }, /delivery is every.*bus allows latest/],
])('a sink that declares %j beyond its namespace is refused, and both bounds are named', (beyond, message) => {
  const { hub } = fakeGate(manualClock(), { namespaces })
  expect(() => hub.port.attachSink(makeAttachment({ ...within, ...beyond }))).toThrow(message)
  expect([...hub.streams()]).toEqual([])
})

test('a subscription that asks for nothing gets what the sink declares', async () => {
  const { hub, connect } = fakeGate(manualClock(), { namespaces })
  feeder(hub.port.attachSink(makeAttachment(within))).feed.ready()
  await settle()
  const client = connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1' })
  await settle()
  expect(client.of('subscribed')).toMatchObject([{ granted: { delivery: 'latest' } }])
})
