import { beforeEach, describe, expect, test } from 'vitest'
import { toNamespaces } from '../../../src/config/namespaces.ts'
import {
  type FakeClient,
  type FakeGate,
  type Feeder,
  type Frame,
  fakeGate,
  feeder,
  type ManualClock,
  makeAttachment,
  makeSettings,
  manualClock,
  settle,
} from './harness.ts'

let clock: ManualClock
let gate: FakeGate
let buses: Feeder

const start = async (
  change: Parameters<typeof makeAttachment>[0] = {},
  settings: Parameters<typeof fakeGate>[1] = {},
) => {
  clock = manualClock()
  gate = fakeGate(clock, settings)
  buses = feeder(
    gate.hub.port.attachSink(
      makeAttachment({ templates: ['bus:#{value.line}', 'buses'], box: ['lat', 'at.long'], ...change }),
    ),
  )
  buses.feed.ready()
  await settle()
}
beforeEach(() => start())

async function ask(client: FakeClient, ...frames: object[]): Promise<FakeClient> {
  for (const frame of frames) client.send(frame)
  await settle()
  return client
}
const subscribe = (more: object, channel = 'bus:1'): Promise<FakeClient> =>
  ask(gate.connect(), { type: 'subscribe', id: 1, channel, ...more })
const codes = (client: FakeClient): unknown[] => client.of('error').map(({ code }) => code)
/** What the client was told of keys. */
const told = (frames: readonly Frame[]): unknown[] =>
  frames.flatMap((frame) => {
    const { type, key, data } = frame
    if (type === 'message') return [[key, frame['deleted'] === true ? 'deleted' : data]]
    if (type === 'gone') return [[key, 'gone']]
    if (type === 'snapshot') return [['snapshot', (frame['items'] as Frame[]).map((item) => item['key'])]]
    return []
  })
const speed = async (key: string, value: number | undefined, channel = 'bus:1'): Promise<void> => {
  buses.record([{ channel, key, data: value === undefined ? undefined : { speed: value } }])
  await settle()
}
const place = async (key: string, lat: unknown, long: unknown, channel = 'bus:1'): Promise<void> => {
  buses.record([{ channel, key, data: { lat, at: { long } } }])
  await settle()
}

describe('a filter', () => {
  test('lets messages pass that it is true of, tells of keys that leave it, and is silent of those that never passed', async () => {
    const client = await subscribe({ filter: 'value.speed > 10' })
    await speed('a', 5)
    await speed('a', 20)
    await speed('b', 3)
    await speed('a', 7)
    await speed('a', 6)
    await speed('a', 30)
    expect(told(client.frames)).toEqual([
      ['a', { speed: 20 }],
      ['a', 'gone'],
      ['a', { speed: 30 }],
    ])
    expect(client.of('subscribed')).toMatchObject([{ granted: { filter: 'value.speed > 10' } }])
    expect(client.of('gone')).toEqual([{ type: 'gone', subscription: 1, channel: 'bus:1', key: 'a' }])
  })

  test('passes the deletion of what was shown, and of nothing else', async () => {
    const client = await subscribe({ filter: 'value.speed > 10' })
    await speed('a', 20)
    await speed('b', 5)
    await speed('a', undefined)
    await speed('b', undefined)
    await speed('a', undefined)
    expect(told(client.frames)).toEqual([
      ['a', { speed: 20 }],
      ['a', 'deleted'],
    ])
  })

  test('knows key and channel', async () => {
    const client = await subscribe({ filter: 'key == "a" && channel == "bus:2"' }, 'bus:*')
    await speed('a', 1, 'bus:1')
    await speed('a', 2, 'bus:2')
    await speed('b', 3, 'bus:2')
    expect(told(client.frames)).toEqual([['a', { speed: 2 }]])
  })

  test('that a message does not suit lets it not pass, and is counted', async () => {
    const client = await subscribe({ filter: 'value.delay > 1' })
    await speed('a', 5)
    expect(told(client.frames)).toEqual([])
    expect(gate.hub.filterCounts()).toEqual({ evaluations: 1, errors: 1 })
    expect(client.closed()).toBeUndefined()
  })

  test.each([
    ['value.speed >', 'at character 14'],
    ['speed > 1', 'Unknown variable: speed'],
    ['value.name.matches("(a+)+$")', '"matches" is not offered'],
  ])('%s is refused', async (filter, why) => {
    const client = await subscribe({ filter })
    expect(client.of('error')).toMatchObject([{ id: 1, code: 'bad_filter', field: 'filter' }])
    expect(client.of('error')[0]?.['message']).toContain(why)
  })

  test('of a snapshot leaves out what does not pass', async () => {
    await speed('a', 5)
    await speed('b', 50)
    const client = await subscribe({ filter: 'value.speed > 10', snapshot: true })
    await speed('b', 5)
    await speed('a', 6)
    expect(told(client.frames)).toEqual([
      ['snapshot', ['b']],
      ['b', 'gone'],
    ])
  })

  test('of a client that continues after a position tells once of each key that it may hold', async () => {
    const first = await subscribe({})
    await speed('a', 50)
    const epoch = String(first.of('subscribed')[0]?.['position']).split('.')[0]
    const position = `${epoch}${String(first.of('message')[0]?.['position'])}`
    await speed('a', 5)
    await speed('b', 6)
    const back = await subscribe({ filter: 'value.speed > 10', position })
    await speed('a', 7)
    await speed('b', 60)
    await speed('b', 8)
    expect(told(back.frames)).toEqual([
      ['a', 'gone'],
      ['b', 'gone'],
      ['b', { speed: 60 }],
      ['b', 'gone'],
    ])
  })

  test('positions go on past what does not pass', async () => {
    const client = await subscribe({ filter: 'value.speed > 10' })
    const before = client.of('subscribed')[0]?.['position']
    await speed('a', 5)
    clock.advance(31_000)
    gate.hub.tick(clock.now())
    await settle()
    const position = client.of('position').at(-1)?.['position']
    expect(position).toBeTypeOf('string')
    expect(position).not.toBe(before)
    const back = await subscribe({ filter: 'value.speed > 1', position })
    await speed('b', 5)
    expect(told(back.frames)).toEqual([['b', { speed: 5 }]])
  })

  test('together with a rate and latest, the newest verdict of a key counts', async () => {
    const client = await subscribe({ filter: 'value.speed > 10', delivery: 'latest', maxRate: 1 })
    await speed('x', 11)
    for (const value of [20, 5, 30, 6]) await speed('a', value)
    clock.advance(1100)
    await settle()
    await speed('z', 1)
    expect(told(client.frames)).toEqual([
      ['x', { speed: 11 }],
      ['a', 'gone'],
    ])
  })

  test('a thousand subscribers with ten filters ask ten times of a message', async () => {
    await start({}, { limits: { sessionsPerAddress: 0 } })
    const clients = await Promise.all(
      Array.from({ length: 1000 }, async (_, n) => {
        const client = gate.connect()
        client.send({ type: 'subscribe', id: 1, channel: 'bus:1', filter: `value.speed > ${n % 10}` })
        return client
      }),
    )
    await settle()
    await speed('a', 5)
    expect(gate.hub.filterCounts()).toEqual({ evaluations: 10, errors: 0 })
    expect(clients.filter((client) => client.of('message').length === 1)).toHaveLength(500)
  })
})

describe('a box', () => {
  test('shows what lies in it, edges included, and tells of what leaves it', async () => {
    const client = await subscribe({ bbox: [0, 10, 20, 30] })
    await place('a', 5, 25)
    await place('b', 11, 25)
    await place('c', 0, 30)
    await place('a', 5, 31)
    await place('b', 10, 20)
    expect(told(client.frames)).toMatchObject([
      ['a', { lat: 5 }],
      ['c', { lat: 0 }],
      ['a', 'gone'],
      ['b', { lat: 10 }],
    ])
  })

  test('with the second pair turned round it spans the antimeridian', async () => {
    const client = await subscribe({ bbox: [-10, 10, 170, -170] })
    await place('a', 0, 175)
    await place('b', 0, -175)
    await place('c', 0, 0)
    expect(told(client.frames).map((each) => (each as unknown[])[0])).toEqual(['a', 'b'])
  })

  test('has nothing without two numbers', async () => {
    const client = await subscribe({ bbox: [-90, 90, -180, 180] })
    for (const [lat, long] of [
      ['1', 2],
      [null, 2],
      [1, undefined],
      [1, { a: 1 }],
    ])
      await place('a', lat, long)
    buses.record([{ channel: 'bus:1', key: 'b', data: 'text' }])
    buses.record([{ channel: 'bus:1', key: 'b', data: null }])
    await settle()
    expect(told(client.frames)).toEqual([])
  })

  test.each([
    [{ bbox: [10, 0, 20, 30] }, 'bad_request'],
    [{ bbox: [10, 0, 20] }, 'bad_request'],
    [{ bbox: [0, 1, 0, 1], delta: 'fossil' }, 'bad_request'],
  ])('%j is answered with %s', async (more, code) => {
    expect(codes(await subscribe(more))).toEqual([code])
  })

  test('needs a connector that declared its fields, and a namespace that has filters', async () => {
    await start({ box: undefined })
    expect(codes(await subscribe({ bbox: [0, 1, 0, 1] }))).toEqual(['unsupported'])
    const { namespaces } = makeSettings()
    const bus = namespaces['bus']
    if (bus) await start({}, { namespaces: { ...namespaces, bus: { ...bus, filters: false } } })
    expect(codes(await subscribe({ bbox: [0, 1, 0, 1] }))).toEqual(['unsupported'])
    expect(codes(await subscribe({ filter: 'true' }))).toEqual(['unsupported'])
  })
})

describe('an update', () => {
  test('of the box is followed by what lies in it now, then by what changes', async () => {
    await place('a', 1, 1)
    await place('b', 50, 50)
    const client = await subscribe({ bbox: [0, 10, 0, 10], snapshot: true })
    await ask(client, { type: 'update', id: 2, subscription: 1, bbox: [40, 60, 40, 60] })
    await place('a', 2, 2)
    await place('b', 51, 51)
    expect(client.of('updated')).toMatchObject([{ id: 2, granted: { bbox: [40, 60, 40, 60] } }])
    expect(told(client.frames)).toMatchObject([
      ['snapshot', ['a']],
      ['snapshot', ['b']],
      ['b', { lat: 51 }],
    ])
  })

  test('of a live subscription loses and doubles nothing around the snapshot', async () => {
    const client = await subscribe({})
    buses.record([{ channel: 'bus:1', key: 'a', data: { speed: 20 } }])
    client.send({ type: 'update', id: 2, subscription: 1, filter: 'value.speed > 10' })
    buses.record([{ channel: 'bus:1', key: 'b', data: { speed: 30 } }])
    buses.record([{ channel: 'bus:1', key: 'c', data: { speed: 3 } }])
    await settle()
    expect(told(client.frames)).toEqual([
      ['a', { speed: 20 }],
      ['snapshot', ['a']],
      ['b', { speed: 30 }],
    ])
  })

  test('takes filter and box away, and the subscription goes live again', async () => {
    const client = await subscribe({ filter: 'value.speed > 10', bbox: [0, 1, 0, 1] })
    await ask(client, { type: 'update', id: 2, subscription: 1, filter: null, bbox: null })
    await speed('a', 5)
    expect(client.of('updated')[0]?.['granted']).toEqual({ delivery: 'every', snapshot: false })
    expect(told(client.frames)).toEqual([
      ['snapshot', []],
      ['a', { speed: 5 }],
    ])
    const [stream] = [...gate.hub.streams()]
    expect(stream?.channels.get('bus:1')?.live.size).toBe(1)
    expect(stream?.channels.get('bus:1')?.followers.size).toBe(0)
  })

  test('of a rate sends no snapshot, and loses nothing', async () => {
    const client = await subscribe({})
    await speed('a', 1)
    await ask(client, { type: 'update', id: 2, subscription: 1, maxRate: 1 })
    await speed('a', 2)
    await speed('a', 3)
    expect(client.of('updated')).toMatchObject([{ granted: { maxRate: 1 } }])
    expect(told(client.frames)).toEqual([
      ['a', { speed: 1 }],
      ['a', { speed: 2 }],
    ])
    await ask(client, { type: 'update', id: 3, subscription: 1, maxRate: 1000 })
    clock.advance(1000)
    await speed('a', 4)
    expect(told(client.frames).slice(2)).toEqual([
      ['a', { speed: 3 }],
      ['a', { speed: 4 }],
    ])
  })

  test('what it left behind is not told of any more', async () => {
    await place('a', 1, 1)
    const client = await subscribe({ bbox: [0, 10, 0, 10], snapshot: true })
    await ask(client, { type: 'update', id: 2, subscription: 1, bbox: [40, 60, 40, 60] })
    await place('a', 99, 99)
    expect(client.of('gone')).toEqual([])
  })

  test('in a namespace without snapshots it tells of each key at its next message', async () => {
    const { namespaces } = makeSettings()
    const bus = namespaces['bus']
    if (bus) await start({}, { namespaces: { ...namespaces, bus: { ...bus, snapshots: false } } })
    const client = await subscribe({ filter: 'value.speed > 10' })
    await speed('a', 20)
    await ask(client, { type: 'update', id: 2, subscription: 1, filter: 'value.speed > 25' })
    await speed('a', 21)
    expect(told(client.frames)).toEqual([
      ['a', { speed: 20 }],
      ['a', 'gone'],
    ])
  })

  test.each([
    [{ subscription: 9, maxRate: 1 }, 'unknown_subscription'],
    [{ subscription: 1, filter: 'x' }, 'bad_filter'],
    [{ subscription: 1, bbox: [1, 0, 0, 0] }, 'bad_request'],
    [{ subscription: 1, bbox: [1] }, 'bad_request'],
  ])('%j is refused, and the subscription goes on as it was', async (change, code) => {
    const client = await subscribe({ filter: 'value.speed > 10' })
    await ask(client, { type: 'update', id: 2, ...change })
    await speed('a', 5)
    await speed('b', 50)
    expect(codes(client)).toEqual([code])
    expect(told(client.frames)).toEqual([['b', { speed: 50 }]])
  })
})

test.each([
  ['the rate', {}, { maxRate: 1_000_000 }],
  ['the filter where nothing is kept', { snapshots: false }, { filter: 'value.speed >= 0' }],
])('a client that is behind and changes %s goes on with the next message afterwards', async (_, rule, change) => {
  await start(
    { templates: ['bus:#{value.line}'] },
    { namespaces: toNamespaces({ bus: { subscribe: 'anonymous', publish: 'none', ...rule } }) },
  )
  const client = await subscribe({})
  client.waiting = 2 << 20
  await speed('a', 1)
  // Still behind, and with room for answers.
  client.waiting = 300_000
  await ask(client, { type: 'update', id: 2, subscription: 1, ...change })
  client.drain()
  await settle()
  await speed('b', 2)
  expect(told(client.frames).filter((what) => !String(what).startsWith('snapshot'))).toEqual([
    ['a', { speed: 1 }],
    ['b', { speed: 2 }],
  ])
})
