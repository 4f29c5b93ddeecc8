import { expect, test } from 'vitest'
import { createFanOut } from '../../../src/gateway/delivery/fan-out.ts'
import type { Stream } from '../../../src/gateway/stream.ts'
import { type FakeClient, fakeGate, feeder, makeAttachment, manualClock, settle } from './harness.ts'

const two = { templates: ['bus:#{value.id}', 'buses'] }

async function setUp(sendBufferBytes = 1 << 20, inFlightBytes = 0) {
  const clock = manualClock()
  const gate = fakeGate(clock, { limits: { sendBufferBytes, inFlightBytes } })
  const buses = feeder(gate.hub.port.attachSink(makeAttachment(two)))
  buses.feed.ready()
  await settle()
  const subscribe = async (...channels: string[]): Promise<FakeClient> => {
    const client = gate.connect()
    for (const [id, channel] of channels.entries()) client.send({ type: 'subscribe', id, channel })
    await settle()
    return client
  }
  return { clock, gate, buses, subscribe }
}

const writesOf = (client: FakeClient): Buffer[] => {
  const writes: Buffer[] = []
  const { outlet } = client.session.client
  const write = outlet.write.bind(outlet)
  outlet.write = (bytes) => {
    writes.push(bytes)
    write(bytes)
  }
  return writes
}

test('what came since the last sweep is one write for each client, and the same bytes for all', async () => {
  const { gate, buses, subscribe } = await setUp()
  const clients = [
    await subscribe('bus:1'),
    await subscribe('bus:1'),
    await subscribe('bus:1', 'buses'),
    await subscribe('bus:1', 'buses'),
  ]
  const writes = clients.map(writesOf)
  for (let n = 0; n < 5; n++)
    buses.record([
      { channel: 'bus:1', data: n },
      { channel: 'buses', data: n },
    ])
  expect(writes.flat()).toHaveLength(0)
  await settle()
  expect(writes.map((own) => own.length)).toEqual([1, 1, 1, 1])
  expect(writes[1]?.[0]).toBe(writes[0]?.[0])
  expect(writes[3]?.[0]).toBe(writes[2]?.[0])
  // Several channels come in the order of the records.
  expect(clients[2]?.of('message').map(({ channel, data }) => [channel, data])).toEqual(
    [0, 1, 2, 3, 4].flatMap((n) => [
      ['bus:1', n],
      ['buses', n],
    ]),
  )
  expect(gate.fanOut.delivered()).toBe(2 * 5 + 2 * 10)
})

test('who joins in the middle of a sweep gets what came after, and only that', async () => {
  const { buses, subscribe, gate } = await setUp()
  const early = await subscribe('buses')
  buses.record([{ channel: 'buses', data: 1 }])
  const late = gate.connect()
  late.send({ type: 'subscribe', id: 1, channel: 'buses' })
  for (let i = 0; i < 5; i++) await Promise.resolve()
  expect(late.of('subscribed')).toHaveLength(1)
  buses.record([{ channel: 'buses', data: 2 }])
  await settle()
  expect(early.of('message').map(({ data }) => data)).toEqual([1, 2])
  expect(late.of('message').map(({ data }) => data)).toEqual([2])
})

test('a client that does not read is closed, and the others get everything', async () => {
  const { clock, gate, buses, subscribe } = await setUp(10_000)
  const slow = await subscribe('buses')
  const quick = await subscribe('buses')
  slow.waiting = 9_950
  buses.record([{ channel: 'buses', data: 'x' }])
  await settle()
  expect([slow.closed(), quick.closed()]).toEqual([undefined, undefined])
  clock.advance(10_000)
  gate.hub.tick(clock.now())
  expect([slow.closed(), quick.closed()]).toEqual(['slow', undefined])
  expect(slow.of('message')).toHaveLength(0)
  expect(quick.of('message')).toHaveLength(1)
})

test('a burst over the bound goes to each client at its own speed, and positions stay exact', async () => {
  const { gate, buses, subscribe } = await setUp(10_000)
  const client = await subscribe('buses')
  buses.record([{ channel: 'buses', data: 'first' }])
  await settle()
  client.waiting = 6000
  for (let n = 0; n < 100; n++) buses.record([{ channel: 'buses', data: `${n} ${'x'.repeat(100)}` }])
  await settle()
  expect(client.closed()).toBeUndefined()
  expect(client.of('message')).toHaveLength(1)
  client.drain()
  buses.record([{ channel: 'buses', data: 'last' }])
  await settle()
  expect(client.of('message')).toHaveLength(102)
  // The position that introduces the burst lies behind what came before it.
  const introduced = client.of('position')[0]?.['position']
  const back = gate.connect()
  back.send({ type: 'subscribe', id: 1, channel: 'buses', position: introduced })
  await settle()
  expect(back.of('subscribed')[0]).toMatchObject({ recovered: true })
  expect(back.of('message')).toHaveLength(101)
})

test('a client that stops in the middle of a burst is closed as slow', async () => {
  const { clock, gate, buses, subscribe } = await setUp(10_000)
  const client = await subscribe('buses')
  client.waiting = 6000
  for (let n = 0; n < 100; n++) buses.record([{ channel: 'buses', data: 'x'.repeat(100) }])
  await settle()
  clock.advance(10_000)
  gate.hub.tick(clock.now())
  expect(client.closed()).toBe('slow')
})

test('a quiet channel is told its position when the connector has moved, once for all', async () => {
  const { clock, gate, buses, subscribe } = await setUp()
  const clients = [await subscribe('bus:1'), await subscribe('bus:1')]
  const writes = clients.map(writesOf)
  buses.record([{ channel: 'bus:2', data: 1 }])
  clock.advance(29_000)
  gate.hub.tick(clock.now())
  await settle()
  expect(writes.flat()).toHaveLength(0)
  clock.advance(2000)
  gate.hub.tick(clock.now())
  gate.hub.tick(clock.now())
  await settle()
  expect(clients[0]?.of('position')).toMatchObject([
    { channel: 'bus:1', position: expect.stringMatching(/^[\w-]+\.0-1$/) },
  ])
  expect(writes[1]?.[0]).toBe(writes[0]?.[0])
  expect(writes[0]).toHaveLength(1)
})

test('a new epoch is told in line before the first message under it', async () => {
  const { clock, buses, subscribe } = await setUp()
  const client = await subscribe('bus:1')
  buses.record([{ channel: 'bus:1', data: 1 }])
  clock.advance(61_000)
  buses.record([{ channel: 'bus:1', data: 2 }])
  buses.record([{ channel: 'bus:1', data: 3 }])
  await settle()
  expect(client.frames.slice(2).map(({ type }) => type)).toEqual(['message', 'position', 'message', 'message'])
  // Cursors count from the start of their epoch.
  expect(client.of('message').map(({ position }) => position)).toEqual(['.0-0~0', '.0-0~0', '.0-1~0'])
  const epochs = [client.of('subscribed')[0], client.of('position')[0]].map(
    (frame) => String(frame?.['position']).split('.')[0],
  )
  expect(new Set(epochs).size).toBe(2)
})

test('a channel that two templates make of one part of a record gets it once, however small the window', async () => {
  const clock = manualClock()
  const gate = fakeGate(clock)
  const same = makeAttachment({ templates: ['bus:#{value.a}', 'bus:#{value.b}'], window: { maxBytes: 0, maxAgeMs: 0 } })
  const feed = gate.hub.port.attachSink(same)
  feed.open([{ topic: 't', partition: 0, offset: 0n }])
  feed.ready()
  await settle()
  const client = gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1' })
  await settle()
  for (let n = 0; n < 100; n++) {
    const origin = { topic: 't', partition: 0, offset: BigInt(n), timestamp: n }
    const publication = { channel: 'bus:1', key: undefined, data: String(n), origin, path: [] }
    feed.publish([publication, publication], [{ topic: 't', partition: 0, offset: BigInt(n + 1), timestamp: n }])
  }
  await settle()
  expect(client.of('message').map(({ data }) => data)).toEqual(Array.from({ length: 100 }, (_, n) => n))
})

test('a ping leaves in one write with the messages before it, the same for all', async () => {
  const { buses, subscribe } = await setUp(1 << 20, 4000)
  const clients = [await subscribe('bus:1'), await subscribe('bus:1')]
  const writes = clients.map(writesOf)
  for (let n = 0; n < 2; n++) {
    buses.record([{ channel: 'bus:1', data: 'x'.repeat(1200) }])
    await settle()
  }
  for (const [place, client] of clients.entries()) {
    expect(client.frames.slice(-4).map(({ type }) => type)).toEqual(['message', 'ping', 'message', 'ping'])
    expect(writes[place]).toHaveLength(2)
  }
  expect(writes[1]?.[0]).toBe(writes[0]?.[0])
})

test('many channels of a message each count for what they cost', async () => {
  const gate = fakeGate(manualClock())
  const window = { maxBytes: 1_000_000, maxAgeMs: 3_600_000 }
  const buses = feeder(gate.hub.port.attachSink(makeAttachment({ window })))
  for (let n = 0; n < 2000; n++) buses.record([{ channel: `bus:${n}`, data: n }])
  const [stream] = [...gate.hub.streams()]
  expect(stream?.channels.size).toBeLessThan(750)
})

test('a stream that nobody catches up with is not held until somebody does with another', () => {
  const fanOut = createFanOut(() => 0)
  let looks = 0
  const stream = {
    get pulls() {
      looks++
      return new Set()
    },
  }
  fanOut.wake(stream as unknown as Stream)
  expect(looks).toBe(1)
  fanOut.flush()
  expect(looks).toBe(1)
})
