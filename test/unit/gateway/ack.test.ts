import { expect, test } from 'vitest'
import { fakePast, type PastRecord } from './fake-past.ts'
import { type FakeClient, fakeGate, feeder, makeAttachment, manualClock, settle } from './harness.ts'

async function setUp() {
  const clock = manualClock()
  const gate = fakeGate(clock)
  const buses = feeder(gate.hub.port.attachSink(makeAttachment()))
  buses.feed.ready()
  await settle()
  let n = 0
  const publish = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) buses.record([{ channel: 'bus:1', data: n++ }])
    await settle()
  }
  const subscribe = async (options: object): Promise<FakeClient> => {
    const client = gate.connect()
    client.send({ type: 'subscribe', id: 1, channel: 'bus:1', ...options })
    await settle()
    return client
  }
  return { clock, gate, publish, subscribe }
}

const values = (client: FakeClient): unknown[] => client.of('message').map(({ data }) => data)

/** The whole position after the client's nth message, as a plain client keeps it. */
function positionAt(client: FakeClient, count: number): string {
  let [epoch, position, seen] = ['', '', 0]
  for (const { type, position: told } of client.frames) {
    if (typeof told !== 'string') continue
    if (!told.startsWith('.')) epoch = told.slice(0, told.indexOf('.'))
    if (type === 'message' && seen++ === count) break
    position = told.startsWith('.') ? epoch + told : told
  }
  return position
}

async function ack(client: FakeClient, position: unknown): Promise<void> {
  client.send({ type: 'ack', subscription: 1, position })
  await settle()
}

test('no more than the window is under way, and an acknowledgement makes room for what it covers', async () => {
  const { publish, subscribe } = await setUp()
  const client = await subscribe({ window: 3 })
  await publish(10)
  expect(values(client)).toEqual([0, 1, 2])
  await ack(client, client.of('message')[0]?.['position'])
  expect(values(client)).toEqual([0, 1, 2, 3])
  await ack(client, positionAt(client, 4))
  expect(values(client)).toEqual([0, 1, 2, 3, 4, 5, 6])
  // Cumulative: the last stands for all before it.
  await ack(client, positionAt(client, 7))
  await ack(client, positionAt(client, 10))
  expect(values(client)).toHaveLength(10)
  await ack(client, positionAt(client, 10))
  await publish(1)
  expect(values(client)).toHaveLength(11)
  expect(client.of('error')).toEqual([])
})

test('what was not sent cannot be acknowledged, what was before may be again', async () => {
  const { publish, subscribe } = await setUp()
  const first = await subscribe({})
  const client = await subscribe({ window: 2 })
  await publish(5)
  await ack(client, positionAt(first, 5))
  expect(client.of('error')).toMatchObject([{ code: 'ack_behind', field: 'position' }])
  await ack(client, positionAt(client, 2))
  await ack(client, positionAt(client, 1))
  await ack(client, positionAt(client, 0))
  expect(client.of('error')).toHaveLength(1)
  await ack(client, 'nonsense')
  client.send({ type: 'ack', subscription: 7, position: '.' })
  await ack(first, positionAt(first, 1))
  await settle()
  expect(client.of('error').map(({ code }) => code)).toEqual(['ack_behind', 'ack_behind', 'unknown_subscription'])
  expect(first.of('error')).toMatchObject([{ code: 'bad_request' }])
})

test('after a resume all past the acknowledged position comes again, announced and ended', async () => {
  const { clock, publish, subscribe } = await setUp()
  const client = await subscribe({ window: 4 })
  await publish(3)
  clock.advance(61_000)
  await publish(3)
  expect(values(client)).toEqual([0, 1, 2, 3])
  await ack(client, positionAt(client, 2))
  const position = positionAt(client, 2)
  client.disconnect()
  const back = await subscribe({ window: 100, position })
  expect(back.of('subscribed')).toMatchObject([{ recovered: true, again: true, granted: { window: 100 } }])
  expect(values(back)).toEqual([2, 3, 4, 5])
  expect(back.frames.at(-1)).toMatchObject({ type: 'live', subscription: 1 })
  await ack(back, back.frames.at(-1)?.['position'])
  await publish(1)
  expect(values(back)).toEqual([2, 3, 4, 5, 6])
  expect(back.of('error')).toEqual([])
  back.disconnect()
  const none = await subscribe({ window: 100, position: positionAt(back, 5) })
  expect(none.of('subscribed')[0]).toMatchObject({ recovered: true })
  expect(none.of('subscribed')[0]).not.toHaveProperty('again')
  expect(none.of('live')).toEqual([])
})

test('a window that is full just at the end of what was missed still ends with live', async () => {
  const { publish, subscribe } = await setUp()
  const client = await subscribe({ window: 4 })
  const position = positionAt(client, 0)
  client.disconnect()
  await publish(4)
  const back = await subscribe({ window: 4, position })
  expect(values(back)).toEqual([0, 1, 2, 3])
  expect(back.of('live')).toHaveLength(1)
})

test('what is kept of what was sent is bounded by the window', async () => {
  const { clock, gate, publish, subscribe } = await setUp()
  const client = await subscribe({ window: 5 })
  for (let n = 0; n < 4; n++) {
    await publish(1)
    clock.advance(61_000)
    gate.hub.tick(clock.now())
  }
  await publish(50)
  const pull = client.session.client.subscriptions.get(1)?.pull
  expect(pull?.credit?.pending()).toBe(5)
  expect(values(client)).toHaveLength(5)
})

test('what was announced as `again` ends with `live` although the filter is changed meanwhile', async () => {
  const { publish, subscribe } = await setUp()
  const first = await subscribe({})
  const position = first.of('subscribed')[0]?.['position']
  await publish(5)
  const client = await subscribe({ position, window: 2 })
  expect(client.of('subscribed')).toMatchObject([{ again: true }])
  client.send({ type: 'update', id: 2, subscription: 1, filter: 'value >= 0' })
  await settle()
  for (let count = 0; count < 10 && client.of('live').length === 0; count++) {
    await ack(client, positionAt(client, values(client).length - 1))
  }
  expect(client.of('live')).toHaveLength(1)
})

test('what another worker sent is announced when it comes again, also where it has not been read yet', async () => {
  const log: PastRecord[] = [0, 1, 2].map((n) => ({
    at: n,
    parts: [{ channel: 'bus:1', key: 'k', data: String(n), path: [] }],
  }))
  const past = fakePast([log])
  const worker = async () => {
    const gate = fakeGate(manualClock())
    const buses = feeder(gate.hub.port.attachSink(makeAttachment({ past })))
    buses.feed.ready()
    await settle()
    const subscribe = async (options: object): Promise<FakeClient> => {
      const client = gate.connect()
      client.send({ type: 'subscribe', id: 1, channel: 'bus:1', window: 5, ...options })
      await settle()
      return client
    }
    const publish = async (): Promise<void> => {
      for (const n of [0, 1, 2]) buses.record([{ channel: 'bus:1', data: n }])
      await settle()
    }
    return { publish, subscribe, hub: gate.hub }
  }
  const [one, other] = [await worker(), await worker()]
  const client = await one.subscribe({})
  await one.publish()
  expect(values(client)).toEqual([0, 1, 2])
  const back = await other.subscribe({ position: client.of('subscribed')[0]?.['position'] })
  expect(back.of('subscribed')).toMatchObject([{ again: true }])
  expect(back.of('live')).toEqual([])
  await other.publish()
  other.hub.tick(0)
  await settle()
  const kinds = back.frames.map(({ type }) => type).filter((type) => type === 'message' || type === 'live')
  expect(kinds).toEqual(['message', 'message', 'message', 'live'])
})
