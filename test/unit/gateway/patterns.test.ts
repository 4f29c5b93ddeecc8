import { SignJWT } from 'jose'
import { beforeEach, describe, expect, test } from 'vitest'
import { covers, matcherOf, matches, parsePattern, patternProblem } from '../../../src/gateway/channels.ts'
import {
  type FakeClient,
  type FakeGate,
  type Feeder,
  fakeGate,
  feeder,
  type ManualClock,
  makeAttachment,
  makeSettings,
  manualClock,
  secret,
  settle,
} from './harness.ts'

let clock: ManualClock
let gate: FakeGate
let buses: Feeder

const start = async (change: Parameters<typeof fakeGate>[1] = {}): Promise<void> => {
  clock = manualClock()
  gate = fakeGate(clock, change)
  buses = feeder(
    gate.hub.port.attachSink(makeAttachment({ templates: ['bus:#{value.id}', 'report:#{value.id}:#{value.region}'] })),
  )
  buses.feed.ready()
  await settle()
}
beforeEach(() => start())

const put = (channel: string, data: unknown, key = 'k'): void => buses.record([{ channel, data, key }])

async function ask(client: FakeClient, ...frames: object[]): Promise<FakeClient> {
  for (const frame of frames) client.send(frame)
  await settle()
  return client
}

const subscribe = (channel: string, more: object = {}): Promise<FakeClient> =>
  ask(gate.connect(), { type: 'subscribe', id: 1, channel, ...more })
const codes = (client: FakeClient): unknown[] => client.of('error').map(({ code }) => code)
const told = (client: FakeClient): unknown[] => client.of('message').map(({ channel, data }) => [channel, data])
const positionOf = (client: FakeClient): string => {
  let [epoch, cursor] = ['', '']
  for (const { position } of client.frames) {
    if (typeof position !== 'string') continue
    const dot = position.indexOf('.')
    if (dot > 0) epoch = position.slice(0, dot)
    cursor = position.slice(dot)
  }
  return epoch + cursor
}

test('a pattern gets the messages of all its channels in their order, under their own names', async () => {
  put('bus:1', 1)
  const client = await subscribe('bus:*')
  put('bus:2', 2)
  put('report:1:north', 3)
  put('bus:1', 4)
  await settle()
  expect(client.of('subscribed')).toMatchObject([{ channel: 'bus:*', recovered: null }])
  expect(told(client)).toEqual([
    ['bus:2', 2],
    ['bus:1', 4],
  ])
})

test.each([
  ['report:*:north', ['report:1:north', 'report:2:north']],
  ['report:1:*', ['report:1:north', 'report:1:south']],
  ['report:*', ['report:1:north', 'report:1:south', 'report:2:north']],
])('%s means %j', async (pattern, channels) => {
  const client = await subscribe(pattern)
  for (const channel of ['report:1:north', 'report:1:south', 'bus:1', 'report:2:north']) put(channel, 0)
  await settle()
  expect(client.of('message').map(({ channel }) => channel)).toEqual(channels)
})

test('its snapshot has the keys of all its channels', async () => {
  put('bus:1', 1, 'a')
  put('bus:2', 2, 'a')
  put('report:1:north', 3, 'a')
  const client = await subscribe('bus:*', { snapshot: true })
  expect(client.of('snapshot')).toMatchObject([
    {
      items: [
        { channel: 'bus:1', key: 'a', data: 1 },
        { channel: 'bus:2', key: 'a', data: 2 },
      ],
      more: false,
    },
  ])
})

test('a position of a pattern continues after it, with what came meanwhile on channels old and new', async () => {
  const client = await subscribe('bus:*')
  put('bus:1', 1)
  await settle()
  const position = positionOf(client)
  client.disconnect()
  put('bus:1', 2)
  put('report:1:north', 3)
  put('bus:9', 4)
  const back = await subscribe('bus:*', { position })
  put('bus:9', 5)
  await settle()
  expect(back.of('subscribed')).toMatchObject([{ recovered: true }])
  expect(told(back)).toEqual([
    ['bus:1', 2],
    ['bus:9', 4],
    ['bus:9', 5],
  ])
})

test('positions without messages name the pattern', async () => {
  const client = await subscribe('bus:*')
  put('report:1:north', 1)
  await settle()
  clock.advance(31_000)
  gate.hub.tick(clock.now())
  await settle()
  expect(client.of('position').at(-1)).toMatchObject({ channel: 'bus:*' })
})

test('two who share a pattern share its state, and the last one to leave takes it with them', async () => {
  const [first, second] = [await subscribe('bus:*'), await subscribe('bus:*')]
  const [stream] = [...gate.hub.streams()]
  put('bus:1', 1)
  await settle()
  expect([told(first), told(second)]).toEqual([[['bus:1', 1]], [['bus:1', 1]]])
  expect(stream?.patternCount()).toBe(1)
  first.disconnect()
  expect(stream?.patternCount()).toBe(1)
  second.disconnect()
  expect(stream?.patternCount()).toBe(0)
  expect(stream?.channels.get('bus:1')?.views).toEqual([])
})

test('a pattern of channels that nobody published on yet waits for them, one that nothing could make is unavailable', async () => {
  expect(codes(await subscribe('bus:*'))).toEqual([])
  expect(codes(await subscribe('bus:*:north'))).toEqual(['unavailable'])
})

test.each([
  ['*', 'bad_channel'],
  ['*:1', 'bad_channel'],
  ['bus:a*', 'bad_channel'],
  ['bus::*', 'bad_channel'],
  ['bus:*:*:*:*:*:*:*:*', 'bad_channel'],
  ['secret:*', 'forbidden'],
  ['closed:*', 'forbidden'],
  ['nothing:*', 'forbidden'],
])('%s is answered with %s', async (channel, code) => {
  expect(codes(await subscribe(channel))).toEqual([code])
})

test('a pattern that several connectors serve is refused', async () => {
  const other = feeder(
    gate.hub.port.attachSink(makeAttachment({ connector: 'others', templates: ['bus:#{key}:stops'] })),
  )
  other.feed.ready()
  await settle()
  expect(codes(await subscribe('bus:*'))).toEqual(['several_connectors'])
  expect(codes(await subscribe('bus:*:stops'))).toEqual([])
})

test.each([
  ['bus:*', 'bus:1'],
  ['bus:1', 'bus:*'],
  ['bus:*', 'bus:*'],
  ['report:*:north', 'report:1:*'],
])('%s and %s of one connection overlap', async (one, other) => {
  const client = await subscribe(one)
  await ask(client, { type: 'subscribe', id: 2, channel: other })
  expect(codes(client)).toEqual(['overlap'])
})

test('patterns that share no channel do not overlap', async () => {
  const client = await subscribe('report:*:north')
  await ask(
    client,
    { type: 'subscribe', id: 2, channel: 'report:*:south' },
    { type: 'subscribe', id: 3, channel: 'bus:*' },
  )
  expect(codes(client)).toEqual([])
})

test('where the namespace has no wildcards, a pattern is refused', async () => {
  const { namespaces } = makeSettings()
  const bus = namespaces['bus']
  if (bus) await start({ namespaces: { ...namespaces, bus: { ...bus, wildcards: false } } })
  expect(codes(await subscribe('bus:*'))).toEqual(['unsupported'])
})

test('a token has to grant the whole pattern', async () => {
  const secrets = feeder(
    gate.hub.port.attachSink(makeAttachment({ connector: 's', templates: ['secret:#{key}:#{value.a}'] })),
  )
  secrets.feed.ready()
  await settle()
  const token = await new SignJWT({ sub: 'ann', subscribe: ['secret:#{sub}:*'] })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(Math.floor(clock.now() / 1000) + 3600)
    .sign(new TextEncoder().encode(secret))
  const asked = async (channel: string): Promise<unknown> =>
    codes(await ask(gate.connect(token), { type: 'subscribe', id: 1, channel }))[0]
  expect(await asked('secret:ann:*')).toBeUndefined()
  expect(await asked('secret:*')).toBe('forbidden')
  expect(await asked('secret:*:x')).toBe('forbidden')
  expect(await asked('secret:bob:*')).toBe('forbidden')
})

test('what leaves the window leaves the pattern, and who needs it is told', async () => {
  clock = manualClock()
  gate = fakeGate(clock)
  buses = feeder(gate.hub.port.attachSink(makeAttachment({ window: { maxBytes: 1 << 26, maxAgeMs: 1000 } })))
  buses.feed.ready()
  await settle()
  const client = await subscribe('bus:*')
  put('bus:1', 1)
  await settle()
  const position = positionOf(client)
  put('bus:2', 2)
  clock.advance(2000)
  gate.hub.tick(clock.now())
  const [stream] = [...gate.hub.streams()]
  const view = stream?.channels.get('bus:*')
  expect(view && view.log.items.length - view.log.head).toBe(0)
  const back = await subscribe('bus:*', { position, snapshot: true })
  expect(back.of('subscribed')).toMatchObject([{ recovered: false }])
  expect(back.of('snapshot')[0]?.['items']).toHaveLength(2)
})

describe('a pattern covers another', () => {
  test.each([
    ['a:*', 'a:*', true],
    ['a:*', 'a:b', true],
    ['a:*', 'a:b:*', true],
    ['a:*', 'a:*:c', true],
    ['a:b', 'a:*', false],
    ['a:*:c', 'a:*', false],
    ['a:*:c', 'a:b:c', true],
    ['a:*:c', 'a:*:c', true],
    ['a:*:c', 'a:*:*', false],
    ['a:b:*', 'a:*', false],
    ['a:b:*', 'a:b', false],
    ['*', 'a:*', true],
    ['a', 'a:*', false],
  ])('%s, %s: %s', (outer, inner, expected) => {
    expect(covers(parsePattern(outer), parsePattern(inner))).toBe(expected)
  })

  test('its text is checked', () => {
    expect(patternProblem('a:*:b', 255)).toBeUndefined()
    expect(patternProblem(`a:${'b'.repeat(300)}`, 255)).toMatch(/longer/)
  })
})

test('a new pattern looks at what its own channels have in the window, not at all of it', async () => {
  for (let n = 0; n < 50; n++) for (const region of ['n', 's']) put(`report:${n}:${region}`, n)
  const [stream] = [...gate.hub.streams()]
  const looked = new Set<string>()
  for (const channel of stream?.channels.values() ?? []) {
    const { log, name } = channel
    Object.defineProperty(channel, 'log', {
      get() {
        looked.add(name)
        return log
      },
    })
  }
  const client = await ask(
    gate.connect(),
    { type: 'subscribe', id: 1, channel: 'report:nothing:*' },
    { type: 'subscribe', id: 2, channel: 'report:7:*' },
  )
  expect(client.of('subscribed')).toHaveLength(2)
  expect([...looked].toSorted()).toEqual(['report:7:n', 'report:7:s'])
})

test('what finds the channels of a pattern among many agrees with what judges one', () => {
  const patterns = ['bus:*', 'bus:*:x', 'bus:1:*', 'bus:a.b:*', '*', '*:x', 'bus', 'bus:%20~-_.:*', 'bus:*:*:x:*']
  const channels = ['bus', 'bus:1', 'bus:x', 'bus:1:x', 'bus:1:x:y', 'bus:1:2:x:y', 'bus:1:2:x', 'x:x']
  const unlike = ['bus:a.b:1', 'bus:acb:1', 'bus:%20~-_.:1', 'bus:%20~-__:1', 'buses:1', 'abus:1', 'bus:1:xy']
  for (const pattern of patterns.map(parsePattern)) {
    const isMeant = matcherOf(pattern)
    for (const channel of [...channels, ...unlike])
      expect([pattern.text, channel, isMeant(channel)]).toEqual([pattern.text, channel, matches(pattern, channel)])
  }
})
