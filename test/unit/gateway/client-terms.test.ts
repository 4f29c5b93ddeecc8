import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Client, type ClientError, connect, type Message } from '../../../src/client/index.ts'
import { toNamespaces } from '../../../src/config/namespaces.ts'
import { startGateway } from '../../../src/gateway/index.ts'
import { compileFilter } from '../../../src/transforms/index.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { until } from '../../conformance/transport.ts'
import { type Feeder, feeder, makeAttachment, makeSettings, silent } from './harness.ts'

interface Bus {
  readonly id: string
  readonly lat: number
  readonly long: number
  readonly text?: string
}

interface Started {
  readonly client: Client
  readonly buses: Feeder
  readonly errors: ClientError[]
  /** The connection breaks, and the client comes back. */
  cut(): void
  move(id: string, lat: number, long: number, text?: string): void
}

/** The library on a real gate with channels `bus:<id>` and `buses`. */
async function start(rules: { readonly snapshots?: boolean } = {}): Promise<Started> {
  const all = {
    subscribe: 'anonymous',
    history: 'anonymous',
    presence: 'anonymous',
    statistics: 'anonymous',
    ...rules,
  } as const
  const settings = makeSettings({ namespaces: toNamespaces({ bus: all, buses: all }) })
  const gateway = await startGateway({ settings, log: silent, clock: systemClock, compileFilter })
  onTestFinished(() => gateway.stop())
  const attachment = makeAttachment({ templates: ['bus:#{value.id}', 'buses'], box: ['lat', 'long'] })
  const buses = feeder(gateway.port.attachSink(attachment))
  buses.feed.ready()
  gateway.ready()
  await until(() => gateway.isReady())
  const sockets: WebSocket[] = []
  class KeptSocket extends WebSocket {
    constructor(url: string, protocols?: string) {
      super(url, protocols)
      keep(this)
    }
  }
  const keep = (socket: WebSocket): void => void sockets.push(socket)
  const errors: ClientError[] = []
  const client = connect(`${gateway.address.url.replace('http', 'ws')}/ws`, {
    WebSocket: KeptSocket,
    backoff: { initialMs: 5, maxMs: 20 },
    onError: (error) => errors.push(error),
  })
  onTestFinished(() => client.close())
  return {
    client,
    buses,
    errors,
    cut: () => sockets.at(-1)?.terminate(),
    move(id, lat, long, text) {
      const data = { id, lat, long, text }
      buses.record([
        { channel: `bus:${id}`, data, key: id },
        { channel: 'buses', data, key: id },
      ])
    },
  }
}

const idsOf = (state: ReadonlyMap<string, { readonly data: Bus }> | undefined): string =>
  [...(state?.values() ?? [])]
    .map(({ data }) => `${data.id}@${data.lat}`)
    .toSorted()
    .join()

test('a box shows what is in it, forgets what leaves it, and can be moved', async () => {
  const { client, move, errors } = await start()
  const subscription = client.subscribe<Bus>('buses', { bbox: [60, 61, 24, 25], onState: () => undefined })
  move('in', 60.5, 24.5)
  move('out', 62.5, 24.5)
  await until(() => idsOf(subscription.state) === 'in@60.5')
  move('in', 62, 24.5)
  await until(() => idsOf(subscription.state) === '')
  expect(await subscription.update({ bbox: [62, 63, 24, 25] })).toMatchObject({ bbox: [62, 63, 24, 25] })
  await until(() => idsOf(subscription.state) === 'in@62,out@62.5')
  move('out', 62.6, 24.5)
  await until(() => idsOf(subscription.state) === 'in@62,out@62.6')
  expect(errors).toEqual([])
})

/** Once, after the connection broke and before there is another. */
const whileAway = (client: Client, act: () => void): Promise<void> =>
  new Promise((resolve) => {
    const stop = client.onState(({ state }) => {
      if (state !== 'waiting') return
      queueMicrotask(() => stop())
      act()
      resolve()
    })
  })

test('a box that is moved while there is no connection leaves nothing of the former one', async () => {
  const { client, move, cut, errors } = await start()
  const subscription = client.subscribe<Bus>('buses', { bbox: [60, 61, 24, 25], onState: () => undefined })
  move('stays', 60.5, 24.5)
  move('goes', 60.6, 24.5)
  move('elsewhere', 62.5, 24.5)
  await until(() => idsOf(subscription.state) === 'goes@60.6,stays@60.5')
  let changed: Promise<unknown> | undefined
  const away = whileAway(client, () => {
    changed = subscription.update({ bbox: [62, 63, 24, 25] })
    move('goes', 62.6, 24.5)
  })
  cut()
  await away
  expect(await changed).toMatchObject({ bbox: [62, 63, 24, 25] })
  await until(() => idsOf(subscription.state) === 'elsewhere@62.5,goes@62.6')
  move('stays', 60.7, 24.5)
  move('elsewhere', 62.7, 24.5)
  await until(() => idsOf(subscription.state) === 'elsewhere@62.7,goes@62.6')
  expect(errors).toEqual([])
})

test.each([true, false])(
  'who keeps no snapshot is told all the same when there are some (%s): by one, or what is gone',
  async (snapshots) => {
    const { client, move, cut, errors } = await start({ snapshots })
    const held = new Map<string, number>()
    let answers = 0
    const subscription = client.subscribe<Bus>('buses', {
      filter: 'value.lat < 61.0',
      onMessage: ({ key, data }) => held.set(String(key), data?.lat ?? 0),
      onGone: ({ key }) => held.delete(key),
      onSnapshot(items) {
        held.clear()
        for (const { key, data } of items) held.set(key, data.lat)
      },
      onSubscribed: () => answers++,
    })
    await until(() => answers === 1)
    for (const [id, lat] of [
      ['a', 60],
      ['b', 60.5],
      ['c', 62],
    ] as const)
      move(id, lat, 0)
    await until(() => held.size === 2)
    let changed: Promise<unknown> | undefined
    const away = whileAway(client, () => {
      changed = subscription.update({ filter: 'value.lat > 61.0' })
    })
    cut()
    await away
    expect(await changed).toMatchObject({ filter: 'value.lat > 61.0' })
    await until(() => answers === 2)
    for (const [id, lat] of [
      ['b', 60.6],
      ['a', 63],
    ] as const)
      move(id, lat, 0)
    await until(() => held.get('a') === 63)
    expect(Object.fromEntries(held)).toEqual(snapshots ? { a: 63, c: 62 } : { a: 63 })
    // A wrong one is refused, and what was there goes on.
    const other = whileAway(client, () => {
      changed = subscription.update({ filter: 'nonsense(' })
    })
    cut()
    await other
    await expect(changed).rejects.toMatchObject({ code: 'bad_filter' })
    move('a', 64, 0)
    await until(() => held.get('a') === 64)
    expect(errors).toEqual([])
  },
)

test('a pattern with a filter resumes at its own position', async () => {
  const { client, move, cut, errors } = await start()
  const seen: string[] = []
  let answers = 0
  client.subscribe<Bus>('bus:*', {
    filter: 'value.lat > 60.0',
    onMessage: ({ channel, data }) => seen.push(`${channel} ${data?.lat}`),
    onSubscribed: () => answers++,
  })
  await until(() => answers === 1)
  move('1', 61, 0)
  move('2', 59, 0)
  move('2', 62, 0)
  await until(() => seen.length === 2)
  cut()
  move('1', 63, 0)
  move('1', 58, 0)
  await until(() => answers === 2)
  move('2', 64, 0)
  await until(() => seen.length === 4)
  expect(seen).toEqual(['bus:1 61', 'bus:2 62', 'bus:1 63', 'bus:2 64'])
  expect(errors).toEqual([])
})

test('deltas make the messages that there were, over a break too', async () => {
  const { client, move, cut, errors } = await start()
  const seen: (string | undefined)[] = []
  let answers = 0
  client.subscribe<Bus>('buses', {
    delta: 'fossil',
    onMessage: ({ data }) => seen.push(data?.text),
    onSubscribed: () => answers++,
  })
  await until(() => answers === 1)
  const text = (n: number): string => `${'ä€😀 '.repeat(100)}${n}${' the same'.repeat(50)}`
  for (let n = 0; n < 5; n++) move('1', 1, 1, text(n))
  await until(() => seen.length === 5)
  cut()
  for (let n = 5; n < 8; n++) move('1', 1, 1, text(n))
  await until(() => answers === 2)
  for (let n = 8; n < 10; n++) move('1', 1, 1, text(n))
  await until(() => seen.length === 10)
  expect(seen).toEqual(Array.from({ length: 10 }, (_, n) => text(n)))
  expect(errors).toEqual([])
})

test('ACK mode goes on as messages are acknowledged, and what was not comes again and says so', async () => {
  const { client, move, cut, errors } = await start()
  const seen: Message<Bus>[] = []
  const live: string[] = []
  let answers = 0
  client.subscribe<Bus>('buses', {
    window: 2,
    ack: 'manual',
    onMessage: (message) => seen.push(message),
    onLive: ({ position }) => live.push(position),
    onSubscribed: () => answers++,
  })
  await until(() => answers === 1)
  for (let n = 1; n <= 6; n++) move('1', n, 0)
  await until(() => seen.length === 2)
  seen[1]?.ack?.()
  await until(() => seen.length === 4)
  seen[2]?.ack?.()
  await until(() => seen.length === 5)
  cut()
  await until(() => answers === 2)
  for (let next = 5; next < 8; next++) {
    await until(() => seen.length > next)
    seen[next]?.ack?.()
  }
  await until(() => live.length === 1)
  expect(seen.map(({ data, again }) => `${data?.lat}${again ? ' again' : ''}`)).toEqual([
    '1',
    '2',
    '3',
    '4',
    '5',
    '4 again',
    '5 again',
    '6 again',
  ])
  move('1', 7, 0)
  await until(() => seen.length === 9)
  expect(seen.at(-1)?.again).toBeUndefined()
  expect(errors).toEqual([])
})

test('at a rate of its own a client gets the latest of each key, and is told what was merged', async () => {
  const { client, move, errors } = await start()
  const seen: number[] = []
  let answers = 0
  let conflated = 0
  client.subscribe<Bus>('buses', {
    delivery: 'latest',
    maxRate: 20,
    onMessage: ({ data }) => seen.push(data?.lat ?? 0),
    onNotice: ({ code }) => (conflated += code === 'conflated' ? 1 : 0),
    onSubscribed: () => answers++,
  })
  await until(() => answers === 1)
  for (let n = 1; n <= 500; n++) move('1', n, 0)
  await until(() => seen.at(-1) === 500)
  await until(() => conflated > 0)
  expect(seen.length).toBeLessThan(50)
  expect(errors).toEqual([])
})

test('history, who is there, and how many', async () => {
  const { client, move } = await start()
  let answers = 0
  const subscription = client.subscribe('bus:1', { onSubscribed: () => answers++ })
  await until(() => answers === 1)
  const begin = subscription.position
  for (let n = 1; n <= 5; n++) move('1', n, 0)
  const first = await client.history<Bus>('bus:1', { from: begin, limit: 3 })
  const rest = await client.history<Bus>('bus:1', { from: first.items.at(-1)?.position, limit: 3 })
  expect([first, rest].map(({ items, more }) => [items.map(({ data }) => data?.lat), more])).toEqual([
    [[1, 2, 3], true],
    [[4, 5], false],
  ])
  expect(await client.statistics('bus:1')).toEqual({ clients: 1, sessions: 1 })
  const { clients } = await client.presence('bus:1')
  expect(clients).toMatchObject([{ sessions: 1 }])
})
