import { expect, test } from 'vitest'
import { toNamespaces } from '../../../src/config/namespaces.ts'
import {
  type FakeClient,
  fakeGate,
  feeder,
  makeAttachment,
  manualClock,
  type SettingsChange,
  settle,
} from './harness.ts'

const lag = (change: object) => toNamespaces({ bus: { subscribe: 'anonymous', publish: 'none', ...change } })

async function setUp(change: SettingsChange = {}, attachment: Parameters<typeof makeAttachment>[0] = {}) {
  const clock = manualClock()
  const gate = fakeGate(clock, change)
  const buses = feeder(gate.hub.port.attachSink(makeAttachment(attachment)))
  buses.feed.ready()
  await settle()
  let n = 0
  const publish = (key: string | undefined, ...[data]: readonly [unknown?]): void =>
    buses.record([{ channel: 'bus:1', data: data === gone ? undefined : (data ?? n++), ...(key ? { key } : {}) }])
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    gate.fanOut.tick(clock.now())
    gate.hub.tick(clock.now())
    await settle()
  }
  const subscribe = async (options: object): Promise<FakeClient> => {
    const client = gate.connect()
    client.send({ type: 'subscribe', id: 1, channel: 'bus:1', ...options })
    await settle()
    expect(client.of('error')).toEqual([])
    return client
  }
  return { clock, gate, buses, publish, pass, subscribe }
}

const gone = Symbol('a tombstone')
const values = (client: FakeClient): unknown[] => client.of('message').map(({ data }) => data)
/** What stands still in a client's socket. */
const block = (client: FakeClient): void => void (client.waiting = 1 << 20)

test('who asks for nothing gets what there is where every is not to be had', async () => {
  const { subscribe } = await setUp({ namespaces: lag({ deliveries: ['latest', 'batch'] }) })
  const client = await subscribe({})
  expect(client.of('subscribed')[0]).toMatchObject({ granted: { delivery: 'latest' } })
})

test('latest keeps the newest of each key, in the place of the first, and says how many it replaced', async () => {
  const { publish, pass, subscribe } = await setUp()
  const client = await subscribe({ delivery: 'latest' })
  expect(client.of('subscribed')[0]).toMatchObject({ granted: { delivery: 'latest' } })
  block(client)
  for (const [key, data] of [
    ['a', 1],
    ['b', 1],
    ['a', 2],
    [undefined, 'one'],
    ['c', 1],
    ['a', 3],
    [undefined, 'two'],
    ['c', gone],
  ] as const)
    publish(key, data)
  await pass(0)
  client.drain()
  expect(client.of('message').map(({ key, data, deleted, position }) => [key, data, deleted, position])).toEqual([
    ['a', 3, undefined, undefined],
    ['b', 1, undefined, undefined],
    [undefined, 'one', undefined, undefined],
    ['c', undefined, true, undefined],
    [undefined, 'two', undefined, undefined],
  ])
  await pass(1000)
  const counts = client.of('notice').map(({ code, subscription, count }) => [code, subscription, count])
  expect(counts).toEqual([['conflated', 1, 3]])
})

test('who keeps up in latest gets each message at once, and what was replaced is told at most each second', async () => {
  const { publish, pass, subscribe } = await setUp()
  const client = await subscribe({ delivery: 'latest' })
  for (let n = 0; n < 5; n++) {
    publish('a')
    await settle()
  }
  expect(values(client)).toEqual([0, 1, 2, 3, 4])
  expect(client.of('notice')).toEqual([])
  for (let n = 0; n < 10; n++) {
    publish('a')
    publish('a')
    await pass(100)
  }
  await pass(1000)
  const told = client.of('notice')
  expect(told.length).toBeLessThanOrEqual(3)
  expect(told.reduce((sum, { count }) => sum + Number(count), 0)).toBe(10)
})

test('a position in latest covers what was sent or replaced by what was sent, and no more', async () => {
  const { gate, publish, pass, subscribe } = await setUp({ position: { intervalMs: 1000 } })
  const client = await subscribe({ delivery: 'latest' })
  publish('a', 'a1')
  await pass(0)
  block(client)
  publish('b', 'b1')
  publish('a', 'a2')
  publish('c', 'c1')
  publish('b', 'b2')
  await pass(2000)
  const resumed = async (): Promise<unknown[]> => {
    const back = gate.connect()
    const position = client.of('position').at(-1)?.['position']
    back.send({ type: 'subscribe', id: 1, channel: 'bus:1', delivery: 'latest', position })
    await settle()
    expect(back.of('subscribed')).toMatchObject([{ recovered: true }])
    return values(back)
  }
  expect(client.of('position')).toEqual([])
  // Room for the oldest alone.
  client.waiting = 0
  client.session.client.outlet.write = ((write) => (bytes: Buffer) => {
    write(bytes)
    client.waiting = 1 << 20
  })(client.session.client.outlet.write)
  await pass(2000)
  client.drain()
  await pass(6000)
  client.drain()
  client.waiting = 0
  await pass(6000)
  expect(client.of('position').length).toBeGreaterThan(0)
  expect(new Set(values(client))).toEqual(new Set(['a1', 'b2', 'a2', 'c1']))
  const told = new Set(await resumed())
  for (const value of told) expect(['b2', 'a2', 'c1']).toContain(value)
})

test('a client in latest resumes after the position told last, conflated over what it missed', async () => {
  const { gate, publish, pass, subscribe } = await setUp({ position: { intervalMs: 1000 } })
  const client = await subscribe({ delivery: 'latest' })
  publish('a', 1)
  await pass(2000)
  const position = client.of('position').at(-1)?.['position']
  client.disconnect()
  for (const [key, data] of [
    ['a', 2],
    ['b', 1],
    ['a', 3],
    ['b', gone],
  ] as const)
    publish(key, data)
  await settle()
  const back = gate.connect()
  back.send({ type: 'subscribe', id: 2, channel: 'bus:1', delivery: 'latest', position })
  await settle()
  expect(back.of('subscribed')).toMatchObject([{ recovered: true }])
  expect(back.of('message')).toEqual([
    { type: 'message', channel: 'bus:1', key: 'a', data: 3 },
    { type: 'message', channel: 'bus:1', key: 'b', deleted: true },
  ])
  expect(back.of('live')).toMatchObject([{ subscription: 2 }])
  await pass(2000)
  back.disconnect()
  const again = gate.connect()
  again.send({
    type: 'subscribe',
    id: 1,
    channel: 'bus:1',
    delivery: 'latest',
    position: back.of('live')[0]?.['position'],
  })
  await settle()
  expect(again.of('message')).toEqual([])
})

test('batch hands on what came together for a key as a list, with a bound', async () => {
  const { publish, pass, subscribe } = await setUp()
  const client = await subscribe({ delivery: 'batch' })
  publish('a', 'alone')
  await pass(0)
  block(client)
  for (let n = 0; n < 3; n++) publish('a', n)
  publish('b', 'b')
  publish('a', gone)
  for (let n = 0; n < 150; n++) publish('many', n)
  await pass(0)
  client.drain()
  expect(client.of('message')).toEqual([
    { type: 'message', channel: 'bus:1', key: 'a', data: 'alone' },
    { type: 'message', channel: 'bus:1', key: 'b', data: 'b' },
  ])
  const [a, many] = client.of('batch')
  expect(a).toEqual({
    type: 'batch',
    channel: 'bus:1',
    key: 'a',
    items: [{ data: 0 }, { data: 1 }, { data: 2 }, { deleted: true }],
  })
  expect(many?.['items']).toEqual(Array.from({ length: 100 }, (_, n) => ({ data: n + 50 })))
  await pass(1000)
  expect(client.of('notice')).toMatchObject([{ code: 'conflated', count: 50 }])
})

test('what waits in latest is bounded, and beyond the bound nothing is lost', async () => {
  const { publish, pass, subscribe } = await setUp({ limits: { conflatedMessages: 10 } })
  const client = await subscribe({ delivery: 'latest' })
  block(client)
  for (let n = 0; n < 100; n++) publish(`key-${n}`, n)
  await pass(0)
  const { pull } = [...client.session.client.subscriptions.values()][0] ?? {}
  expect(pull?.conflation?.size()).toBe(10)
  client.drain()
  expect(values(client)).toEqual(Array.from({ length: 100 }, (_, n) => n))
})

test('maxRate in every sends all in order at that rate; in latest what is newest when its turn comes', async () => {
  const { publish, pass, subscribe } = await setUp()
  const every = await subscribe({ maxRate: 10 })
  const latest = await subscribe({ delivery: 'latest', maxRate: 10 })
  for (let n = 0; n < 30; n++) publish(`k${n % 2}`)
  await pass(0)
  expect([values(every), values(latest)]).toEqual([[0], [28]])
  for (let step = 0; step < 10; step++) await pass(50)
  expect(values(every)).toEqual([0, 1, 2, 3, 4, 5])
  expect(values(latest)).toEqual([28, 29])
  for (let step = 0; step < 60; step++) await pass(50)
  expect(values(every)).toEqual(Array.from({ length: 30 }, (_, n) => n))
  expect(every.of('message').every(({ position }) => typeof position === 'string')).toBe(true)
  expect(every.closed()).toBeUndefined()
})

test('maxBandwidth is kept in the mean, and a message larger than its share still comes', async () => {
  const { publish, pass, subscribe } = await setUp()
  const client = await subscribe({ maxBandwidth: 1000 })
  for (let n = 0; n < 20; n++) publish('a', `${n} ${'x'.repeat(400)}`)
  await pass(0)
  const bytes = (): number => JSON.stringify(client.of('message')).length
  for (let second = 1; second <= 5; second++) {
    for (let step = 0; step < 20; step++) await pass(50)
    expect(bytes()).toBeGreaterThan(second * 1000 - 600)
    expect(bytes()).toBeLessThan(second * 1000 + 1300)
  }
})

test('a namespace puts its bounds on rates', async () => {
  const { subscribe } = await setUp({ namespaces: lag({ 'max.rate': 5, 'max.window': 3 }) })
  const client = await subscribe({ maxRate: 50, window: 100 })
  expect(client.of('subscribed')[0]).toMatchObject({ granted: { maxRate: 5, window: 3 } })
})

test('a client over its bound in every falls behind, gets all in order when it reads on, and is live again', async () => {
  const { gate, publish, pass, subscribe } = await setUp({ limits: { sendBufferBytes: 10_000 } })
  const client = await subscribe({})
  client.waiting = 9990
  for (let n = 0; n < 500; n++) {
    publish('a')
    if (n % 50 === 0) await settle()
  }
  await pass(5000)
  expect(client.of('message')).toHaveLength(0)
  client.drain()
  await settle()
  publish('a')
  await settle()
  expect(values(client)).toEqual(Array.from({ length: 501 }, (_, n) => n))
  const [stream] = [...gate.hub.streams()]
  expect(stream?.pulls.size).toBe(0)
})

test('a client in every that stays behind is closed past the lag of its namespace, and not before', async () => {
  const { publish, pass, subscribe } = await setUp({ namespaces: lag({ 'lag.max.ms': 60_000 }) })
  const client = await subscribe({ window: 2 })
  for (let n = 0; n < 5; n++) publish('a')
  await pass(59_000)
  expect(client.closed()).toBeUndefined()
  await pass(2000)
  expect(client.closed()).toBe('lag')
})

test('who resumes from long ago is not behind for that', async () => {
  const { gate, publish, pass, subscribe } = await setUp({ namespaces: lag({ 'lag.max.ms': 60_000 }) })
  const client = await subscribe({})
  const position = client.of('subscribed')[0]?.['position']
  client.disconnect()
  for (let n = 0; n < 5; n++) publish('a')
  await pass(600_000)
  const back = gate.connect()
  back.send({ type: 'subscribe', id: 1, channel: 'bus:1', position, window: 2 })
  await settle()
  await pass(50_000)
  expect(back.of('subscribed')).toMatchObject([{ recovered: true, again: true }])
  expect([back.of('message').length, back.closed()]).toEqual([2, undefined])
  await pass(20_000)
  expect(back.closed()).toBe('lag')
})
