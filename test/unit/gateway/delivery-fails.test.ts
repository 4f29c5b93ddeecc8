import { expect, test } from 'vitest'
import { toNamespaces } from '../../../src/config/namespaces.ts'
import { type FakeClient, fakeGate, makeAttachment, manualClock, settle } from './harness.ts'

const namespaces = toNamespaces({ bus: { subscribe: 'anonymous', publish: 'none', filters: true } })
const message = (data: string, partition = 0, offset = 0n) => ({
  channel: 'bus:1',
  key: 'k',
  data,
  path: [],
  origin: { topic: 't', partition, offset, timestamp: 2 },
})

async function setUp(partitions: number) {
  const gate = fakeGate(manualClock(), { namespaces })
  const feed = gate.hub.port.attachSink(makeAttachment())
  const each = (offset: bigint) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic: 't', partition, offset, timestamp: 1 }))
  feed.open(each(0n))
  feed.ready()
  await settle()
  const subscribe = async (more: object = {}): Promise<FakeClient> => {
    const client = gate.connect()
    client.send({ type: 'subscribe', id: 1, channel: 'bus:1', ...more })
    await settle()
    return client
  }
  return { gate, feed, each, subscribe }
}

test('a position among thousands of partitions stays short, whatever moved without a message', async () => {
  const { gate, feed, each, subscribe } = await setUp(3000)
  const client = await subscribe()
  feed.publish([], each(10n))
  client.waiting = 2 << 20
  feed.publish([message('1', 7, 10n)], [])
  gate.fanOut.flush()
  client.drain()
  await settle()
  expect(client.closed()).toBeUndefined()
  const [got] = client.of('message')
  expect(String(got?.['position']).length).toBeLessThan(1024)
})

test('data that is no JSON passes no filter', async () => {
  const { gate, feed, subscribe } = await setUp(1)
  const filtering = await subscribe({ filter: 'value > 1' })
  feed.publish([message('NaN')], [])
  gate.fanOut.flush()
  await settle()
  expect(filtering.of('message')).toEqual([])
  expect(filtering.closed()).toBeUndefined()
})

test.each([
  ['at its own speed', { maxRate: 1000 }],
  ['with everybody', {}],
])('when delivery to a client fails that goes %s the gate closes it and goes on', async (_, terms) => {
  const { gate, feed, subscribe } = await setUp(1)
  const failing = await subscribe(terms)
  const other = await subscribe({ channel: 'bus:2' })
  failing.breaks = true
  feed.publish([message('1'), { ...message('2', 0, 1n), channel: 'bus:2' }], [])
  gate.fanOut.flush()
  await settle()
  expect(failing.closed()).toBe('internal')
  expect(other.of('message')).toHaveLength(1)
})

test('those who get the same as a client to whom delivery fails get it all the same', async () => {
  const { gate, feed, subscribe } = await setUp(1)
  const [failing, other] = [await subscribe(), await subscribe()]
  failing.breaks = true
  feed.publish([message('1')], [])
  gate.fanOut.flush()
  await settle()
  expect([failing.closed(), other.closed()]).toEqual(['internal', undefined])
  expect(other.of('message')).toHaveLength(1)
})
