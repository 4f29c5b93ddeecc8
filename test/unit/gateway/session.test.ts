import { Ajv } from 'ajv'
import { SignJWT } from 'jose'
import { beforeEach, expect, test } from 'vitest'
import { ConfigError, type Ingress, type IngressAnswer } from '#api'
import { serverFrames } from '../../../src/gateway/protocol.ts'
import {
  type FakeClient,
  type FakeGate,
  type Feeder,
  fakeGate,
  feeder,
  type ManualClock,
  makeAttachment,
  manualClock,
  secret,
  settle,
} from './harness.ts'

let clock: ManualClock
let gate: FakeGate
let buses: Feeder

beforeEach(async () => {
  clock = manualClock()
  gate = fakeGate(clock, { limits: { publishWindow: 2, subscriptionsPerSession: 3 } })
  buses = feeder(gate.hub.port.attachSink(makeAttachment()))
  buses.feed.ready()
  await settle()
})

const token = (claims: Record<string, unknown>, { exp = 3600, by = secret } = {}): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(Math.floor(clock.now() / 1000) + exp)
    .sign(new TextEncoder().encode(by))

async function ask(client: FakeClient, ...frames: object[]): Promise<FakeClient> {
  for (const frame of frames) client.send(frame)
  await settle()
  return client
}

const codes = (client: FakeClient): unknown[] => client.of('error').map((frame) => [frame['id'], frame['code']])

test('a client connects, subscribes and gets messages in order, each under an epoch that it was told', async () => {
  const client = await ask(gate.connect(), { type: 'connect', id: 1 }, { type: 'subscribe', id: 2, channel: 'bus:1' })
  buses.record([{ channel: 'bus:1', data: { n: 1 }, key: '1' }])
  buses.record([
    { channel: 'bus:2', data: { n: 2 } },
    { channel: 'bus:1', data: { n: 3 } },
  ])
  buses.record([{ channel: 'bus:1', data: undefined, key: '1' }])
  await settle()
  expect(client.frames).toMatchObject([
    { type: 'connected', id: 1, ping: { interval: 25_000, timeout: 10_000 }, exactlyOnce: false },
    { type: 'subscribed', id: 2, channel: 'bus:1', recovered: null, granted: { delivery: 'every', snapshot: false } },
    { type: 'message', channel: 'bus:1', key: '1', data: { n: 1 }, position: '.0-1' },
    { type: 'message', channel: 'bus:1', data: { n: 3 }, position: '.0-1~1' },
    { type: 'message', channel: 'bus:1', key: '1', deleted: true, position: '.0-3' },
  ])
  expect(client.frames[1]?.['position']).toMatch(/^[\w-]{40,}\.$/)
})

test('every frame that the gate sends fits its schema', async () => {
  const ajv = new Ajv()
  const client = gate.connect()
  await ask(
    client,
    { type: 'connect', id: 1 },
    { type: 'subscribe', id: 2, channel: 'bus:1', snapshot: true },
    { type: 'ping', id: 3 },
    { type: 'unsubscribe', id: 4, subscription: 9 },
  )
  buses.record([{ channel: 'bus:1', data: [1], key: 'k' }])
  await settle()
  clock.advance(31_000)
  gate.hub.tick(clock.now())
  buses.feed.upstream({ reachable: false, since: 5 })
  client.session.tick(clock.now())
  await ask(client, { type: 'unsubscribe', id: 5, subscription: 2 })
  expect(new Set(client.frames.map((frame) => frame.type)).size).toBeGreaterThanOrEqual(9)
  for (const frame of client.frames) {
    const schema = serverFrames[frame.type as keyof typeof serverFrames]
    expect([frame, ajv.validate(schema, frame)]).toEqual([frame, true])
  }
})

test('another first frame connects too, and the answer comes first', async () => {
  const client = await ask(gate.connect(), { type: 'subscribe', id: 7, channel: 'bus:1' })
  expect(client.frames.map(({ type, id }) => [type, id])).toEqual([
    ['connected', undefined],
    ['subscribed', 7],
  ])
  await ask(client, { type: 'connect', id: 8 })
  expect(codes(client)).toEqual([[8, 'already_connected']])
})

test.each([
  [{ type: 'subscribe', id: 1, channel: 'bus::1' }, 'bad_channel'],
  [{ type: 'subscribe', id: 1, channel: 'bus:\u0000' }, 'bad_channel'],
  [{ type: 'subscribe', id: 1, channel: `bus:${'x'.repeat(300)}` }, 'bad_channel'],
  [{ type: 'subscribe', id: 1, channel: 'nothing:1' }, 'forbidden'],
  [{ type: 'subscribe', id: 1, channel: 'closed:1' }, 'forbidden'],
  [{ type: 'subscribe', id: 1, channel: 'constructor' }, 'forbidden'],
  [{ type: 'subscribe', id: 1, channel: 'secret:1' }, 'forbidden'],
  [{ type: 'subscribe', id: 1, channel: 'buses' }, 'unavailable'],
  [{ type: 'subscribe', id: 1, channel: 'bus:1', delivery: 'latest', window: 5 }, 'bad_request'],
  [{ type: 'subscribe', id: 1, channel: 'bus:1', delivery: 'some' }, 'bad_request'],
  [{ type: 'subscribe', id: 1, channel: 'bus:1', bbox: [1, 2, 3, 4] }, 'unsupported'],
  [{ type: 'subscribe', id: 1, channel: 'bus:1', from: 'earliest' }, 'forbidden'],
  [{ type: 'subscribe', id: 1, channel: 7 }, 'bad_request'],
  [{ type: 'subscribe', id: 1 }, 'bad_request'],
  [{ type: 'history', id: 1, channel: 'bus:1' }, 'bad_request'],
  [{ type: 'nonsense', id: 1 }, 'unknown_type'],
  [{ id: 1 }, 'bad_request'],
  [{ type: 'unsubscribe', id: 1, subscription: 3 }, 'unknown_subscription'],
  [{ type: 'publish', id: 1, channel: 'bus:1', data: 1 }, 'forbidden'],
  [{ type: 'publish', id: 1, channel: 'report:1', data: 1 }, 'no_source'],
  [{ type: 'refresh', id: 1, token: 'x' }, 'bad_token'],
])('%o is answered with %s', async (frame, code) => {
  const client = await ask(gate.connect(), { type: 'connect', id: 0 }, frame)
  expect(codes(client)).toEqual([[1, code]])
  expect(client.closed()).toBeUndefined()
})

test('what is no JSON object ends the connection', async () => {
  for (const text of ['{', '[]', '1', 'null', '']) {
    const client = gate.connect()
    client.session.receive(text)
    await settle()
    expect(client.closed()).toBe('bad_frame')
  }
})

test('ids, overlaps and the number of subscriptions are kept within bounds', async () => {
  const client = await ask(
    gate.connect(),
    { type: 'subscribe', id: 1, channel: 'bus:1' },
    { type: 'subscribe', id: 1, channel: 'bus:2' },
    { type: 'subscribe', id: 2, channel: 'bus:1' },
    { type: 'subscribe', id: 3, channel: 'bus:3' },
    { type: 'subscribe', id: 4, channel: 'bus:4' },
    { type: 'subscribe', id: 5, channel: 'bus:5' },
    { type: 'unsubscribe', id: 6, subscription: 1 },
    { type: 'subscribe', id: 7, channel: 'bus:1' },
  )
  expect(codes(client)).toEqual([
    [1, 'duplicate_id'],
    [2, 'overlap'],
    [5, 'subscription_limit'],
  ])
  expect(client.of('unsubscribed')).toEqual([{ type: 'unsubscribed', id: 6, subscription: 1, code: 'requested' }])
  expect(client.of('subscribed').map((frame) => frame['id'])).toEqual([1, 3, 4, 7])
})

test('nothing comes after unsubscribed', async () => {
  const client = await ask(gate.connect(), { type: 'subscribe', id: 1, channel: 'bus:1' })
  buses.record([{ channel: 'bus:1', data: 1 }])
  client.send({ type: 'unsubscribe', id: 2, subscription: 1 })
  await settle()
  expect(client.frames.at(-1)?.type).toBe('unsubscribed')
})

test('a snapshot is followed by live without gap or double', async () => {
  for (let n = 0; n < 3; n++) buses.record([{ channel: 'bus:1', data: n, key: `k${n}` }])
  buses.record([{ channel: 'bus:1', data: 9, key: 'k0' }])
  buses.record([{ channel: 'bus:1', data: undefined, key: 'k1' }])
  const client = gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1', snapshot: true })
  // Published before the sweep that the subscription falls into.
  await Promise.resolve()
  buses.record([{ channel: 'bus:1', data: 10, key: 'k2' }])
  await settle()
  const [, subscribed, ...rest] = client.frames
  expect(subscribed).toMatchObject({ recovered: null, granted: { snapshot: true } })
  const state = new Map<unknown, unknown>()
  for (const frame of rest) {
    if (frame.type === 'snapshot')
      for (const { key, data } of frame['items'] as { key: string; data: number }[]) state.set(key, data)
    else if (frame.type === 'message') state.set(frame['key'], frame['data'])
  }
  expect(Object.fromEntries(state)).toEqual({ k0: 9, k2: 10 })
  expect(client.of('snapshot')).toHaveLength(1)
})

test('a snapshot of nothing is an empty page', async () => {
  const client = await ask(gate.connect(), { type: 'subscribe', id: 1, channel: 'bus:1', snapshot: true })
  expect(client.of('snapshot')).toEqual([{ type: 'snapshot', subscription: 1, items: [], more: false }])
})

test('a snapshot over its bound is refused with a code, and live goes on', async () => {
  const small = feeder(
    gate.hub.port.attachSink(
      makeAttachment({
        connector: 'small',
        templates: ['chat:#{key}'],
        snapshot: { expireMs: 0, maxBytes: 1000, maxEntries: 2 },
      }),
    ),
  )
  small.feed.ready()
  await settle()
  for (let n = 0; n < 3; n++) small.record([{ channel: 'chat:1', data: n, key: `k${n}` }])
  const client = await ask(
    gate.connect(),
    { type: 'subscribe', id: 1, channel: 'chat:1', snapshot: true },
    { type: 'subscribe', id: 2, channel: 'chat:1' },
  )
  small.record([{ channel: 'chat:1', data: 'x', key: 'k9' }])
  await settle()
  expect(codes(client)).toEqual([[1, 'snapshot_too_large']])
  expect(client.of('message')).toMatchObject([{ data: 'x' }])
})

test('what expires is told to subscribers and left out of snapshots, also after a resume', async () => {
  const expiring = feeder(
    gate.hub.port.attachSink(
      makeAttachment({
        connector: 'e',
        templates: ['chat:#{key}'],
        snapshot: { expireMs: 10_000, maxBytes: 1000, maxEntries: 9 },
      }),
    ),
  )
  expiring.feed.ready()
  await settle()
  const client = await ask(gate.connect(), { type: 'subscribe', id: 1, channel: 'chat:1' })
  expiring.record([{ channel: 'chat:1', data: 1, key: 'a' }])
  await settle()
  const position = `${String(client.of('subscribed')[0]?.['position']).split('.')[0]}${String(client.of('message')[0]?.['position'])}`
  clock.advance(5000)
  expiring.record([{ channel: 'chat:1', data: 2, key: 'b' }])
  clock.advance(6000)
  gate.hub.tick(clock.now())
  await settle()
  expect(client.of('message').at(-1)).toEqual({ type: 'message', channel: 'chat:1', key: 'a', deleted: true })
  const fresh = await ask(gate.connect(), { type: 'subscribe', id: 1, channel: 'chat:1', snapshot: true })
  expect(fresh.of('snapshot')[0]?.['items']).toEqual([{ channel: 'chat:1', key: 'b', data: 2 }])
  const back = await ask(gate.connect(), { type: 'subscribe', id: 1, channel: 'chat:1', position, snapshot: true })
  expect(back.of('subscribed')[0]).toMatchObject({ recovered: true, granted: { snapshot: false } })
  expect(back.of('message').map(({ key, deleted }) => [key, deleted])).toEqual([
    ['b', undefined],
    ['a', true],
  ])
})

test('a token grants what its claims say', async () => {
  const secrets = feeder(gate.hub.port.attachSink(makeAttachment({ connector: 's', templates: ['secret:#{key}'] })))
  secrets.feed.ready()
  await settle()
  const granted = await token({ sub: 'ann/1', subscribe: ['secret:#{sub}'] })
  const client = await ask(
    gate.connect(),
    { type: 'connect', id: 1, token: granted },
    { type: 'subscribe', id: 2, channel: 'secret:ann%2F1' },
    { type: 'subscribe', id: 3, channel: 'secret:bob' },
  )
  expect(client.of('connected')[0]).toMatchObject({ client: 'ann/1', expires: expect.any(Number) })
  expect(client.of('subscribed').map((frame) => frame['id'])).toEqual([2])
  expect(codes(client)).toEqual([[3, 'forbidden']])
  const own = await ask(gate.connect(), { type: 'subscribe', id: 1, channel: 'secret:ann%2F1', token: granted })
  expect(own.of('subscribed')).toHaveLength(1)
})

test('forged and expired tokens end the connection, and the reason is told', async () => {
  const bad = [
    await token({ sub: 'a' }, { by: 'another secret of thirty-two bytes!' }),
    await token({ sub: 'a' }, { exp: -60 }),
    'nonsense',
    `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"a"}').toString('base64url')}.`,
  ]
  for (const shown of bad) {
    const inFrame = await ask(gate.connect(), { type: 'connect', id: 1, token: shown })
    expect([codes(inFrame), inFrame.closed()]).toEqual([[[1, 'bad_token']], 'bad_token'])
    const inHandshake = await ask(gate.connect(shown), { type: 'ping', id: 1 })
    expect(inHandshake.closed()).toBe('bad_token')
    expect(inHandshake.of('pong')).toEqual([])
  }
})

test('a connection ends with its token unless it is refreshed', async () => {
  const client = await ask(gate.connect(), { type: 'connect', id: 1, token: await token({ sub: 'a' }, { exp: 100 }) })
  clock.advance(50_000)
  client.session.tick(clock.now())
  expect(client.of('notice')).toMatchObject([{ code: 'expiring', at: expect.any(Number) }])
  await ask(
    client,
    { type: 'pong' },
    { type: 'refresh', id: 2, token: await token({ sub: 'b' }) },
    { type: 'refresh', id: 3, token: await token({ sub: 'a' }, { exp: 100 }) },
  )
  expect(codes(client)).toEqual([[2, 'bad_token']])
  expect(client.of('refreshed')).toMatchObject([{ id: 3 }])
  clock.advance(60_000)
  client.session.tick(clock.now())
  expect(client.closed()).toBeUndefined()
  clock.advance(60_000)
  client.session.tick(clock.now())
  expect(client.closed()).toBe('token_expired')
})

test('a refreshed token that grants less ends what it no longer grants', async () => {
  const secrets = feeder(gate.hub.port.attachSink(makeAttachment({ connector: 's', templates: ['secret:#{key}'] })))
  secrets.feed.ready()
  await settle()
  const client = await ask(
    gate.connect(),
    { type: 'connect', id: 1, token: await token({ sub: 'a', subscribe: ['secret:*'] }) },
    { type: 'subscribe', id: 2, channel: 'secret:1' },
    { type: 'subscribe', id: 3, channel: 'bus:1' },
    { type: 'refresh', id: 4, token: await token({ sub: 'a' }) },
  )
  expect(client.of('unsubscribed')).toEqual([{ type: 'unsubscribed', subscription: 2, code: 'forbidden' }])
})

test('the same producer elsewhere takes over', async () => {
  const shown = await token({ sub: 'a' })
  const first = await ask(gate.connect(), { type: 'connect', id: 1, token: shown, producer: 'p' })
  const other = await ask(gate.connect(), { type: 'connect', id: 1, token: shown, producer: 'q' })
  const second = await ask(gate.connect(), { type: 'connect', id: 1, token: shown, producer: 'p' })
  expect([first.closed(), other.closed(), second.closed()]).toEqual(['producer_taken_over', undefined, undefined])
  const nameless = await ask(gate.connect(), { type: 'connect', id: 1, producer: 'p' })
  expect(codes(nameless)).toEqual([[1, 'forbidden']])
})

interface Taken {
  readonly ingress: Ingress
  answer(answer: IngressAnswer): void
}

function attachReports(): Taken[] {
  const taken: Taken[] = []
  gate.hub.port.attachSource({
    connector: 'reports',
    channels: ['report:*'],
    publish: (ingress) => new Promise((resolve) => taken.push({ ingress, answer: resolve })),
  })
  return taken
}

test('a publication is answered when its source answers, with the text as it came', async () => {
  const taken = attachReports()
  const client = gate.connect()
  client.session.receive(
    '{"type":"publish","id":1,"channel":"report:1","data": {"n":12345678901234567890, "s":"}\\""} ,"key":"k"}',
  )
  await ask(client, { type: 'ping', id: 2 })
  expect(taken[0]?.ingress).toMatchObject({
    channel: 'report:1',
    data: '{"n":12345678901234567890, "s":"}\\""}',
    key: 'k',
    session: client.session.client.session,
    receivedAt: clock.now(),
  })
  expect(client.frames.map(({ type }) => type)).toEqual(['connected', 'pong'])
  taken[0]?.answer({ ok: true, duplicate: true, coordinates: { topic: 't', partition: 1, offset: '7' } })
  await settle()
  expect(client.of('published')).toEqual([
    { type: 'published', id: 1, duplicate: true, coordinates: { topic: 't', partition: 1, offset: '7' } },
  ])
  client.send({ type: 'publish', id: 3, channel: 'report:1', data: 1 })
  await settle()
  taken[1]?.answer({ ok: false, code: 'invalid', message: 'The field n is missing.', field: 'n', retryable: false })
  await settle()
  expect(client.of('error')).toEqual([
    { type: 'error', id: 3, code: 'invalid', message: 'The field n is missing.', field: 'n', retryable: false },
  ])
})

test('a client with its window of publications full is not read from', async () => {
  const taken = attachReports()
  const client = await ask(
    gate.connect(),
    ...[1, 2, 3, 4].map((id) => ({ type: 'publish', id, channel: 'report:1', data: id })),
  )
  expect(taken).toHaveLength(2)
  expect(client.isPaused()).toBe(true)
  taken[0]?.answer({ ok: true })
  await settle()
  expect(taken).toHaveLength(3)
  taken[1]?.answer({ ok: true })
  taken[2]?.answer({ ok: true })
  await settle()
  expect(taken).toHaveLength(4)
  expect(client.isPaused()).toBe(false)
})

test('a client that is silent, or does not answer pings, is closed', async () => {
  const silent = gate.connect()
  const mute = await ask(gate.connect(), { type: 'connect', id: 1 })
  const good = await ask(gate.connect(), { type: 'connect', id: 1 })
  for (let s = 0; s < 36; s++) {
    clock.advance(1000)
    for (const client of [silent, mute, good]) client.session.tick(clock.now())
    if (good.of('ping').length > 0) await ask(good, { type: 'pong' })
  }
  expect([silent.closed(), mute.closed(), good.closed()]).toEqual(['connect_timeout', 'no_pong', undefined])
})

test('Kafka away is told once, and its return', async () => {
  const client = await ask(
    gate.connect(),
    { type: 'subscribe', id: 1, channel: 'bus:1' },
    { type: 'subscribe', id: 2, channel: 'bus:2' },
  )
  const other = await ask(gate.connect(), { type: 'connect', id: 1 })
  buses.feed.upstream({ reachable: false, since: 123 })
  const late = await ask(
    gate.connect(),
    { type: 'subscribe', id: 1, channel: 'bus:1' },
    { type: 'subscribe', id: 2, channel: 'bus:2' },
  )
  buses.feed.upstream({ reachable: true, since: 0 })
  for (const told of [client, late])
    expect(told.of('notice')).toEqual([
      { type: 'notice', code: 'stale', since: 123 },
      { type: 'notice', code: 'fresh' },
    ])
  expect(other.of('notice')).toEqual([])
})

test('clients of a connector that goes are sent away to come back', async () => {
  const client = await ask(gate.connect(), { type: 'subscribe', id: 1, channel: 'bus:1' })
  const other = await ask(gate.connect(), { type: 'connect', id: 1 })
  buses.feed.detach()
  expect([client.closed(), other.closed()]).toEqual(['detached', undefined])
  await ask(other, { type: 'subscribe', id: 2, channel: 'bus:1' })
  expect(other.of('error')).toMatchObject([{ code: 'unavailable', retryable: true, retryAfter: 2000 }])
})

test('connectors whose channels lie in no namespace or overlap are refused', () => {
  const { port } = gate.hub
  expect(() => port.attachSink(makeAttachment({ connector: 'x', templates: ['train:#{key}'] }))).toThrow(ConfigError)
  expect(() => port.attachSink(makeAttachment({ connector: 'x', templates: ['#{key}'] }))).toThrow('in no namespace')
  expect(() => port.attachSink(makeAttachment({ connector: 'x', templates: ['bus:one'] }))).toThrow(
    'overlaps bus:#{value.id} of buses',
  )
  const source = port.attachSource({ connector: 'y', channels: ['report:*'], publish })
  expect(() => port.attachSource({ connector: 'z', channels: ['report:1'], publish })).toThrow(ConfigError)
  source.detach()
  port.attachSource({ connector: 'z', channels: ['report:1'], publish })
})

const publish = async (): Promise<IngressAnswer> => ({ ok: true })
