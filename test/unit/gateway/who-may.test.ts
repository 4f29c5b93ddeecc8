import { SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { toNamespaces } from '../../../src/config/namespaces.ts'
import { startGateway } from '../../../src/gateway/index.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { until } from '../../conformance/transport.ts'
import { memoryRevocations } from '../../support/memory-revocations.ts'
import { openClient } from '../../support/tidegate-client.ts'
import { feeder, makeAttachment, makeSettings, secret, silent } from './harness.ts'

const actions = ['subscribe', 'publish', 'history', 'presence', 'statistics'] as const
const rules = { free: 'anonymous', held: 'token', shut: 'none' } as const
const namespaces = toNamespaces(
  Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => [name, Object.fromEntries(actions.map((action) => [action, rule]))]),
  ),
)

const sign = (claims: object, lasts = 600, by = secret): Promise<string> => {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({ iat: now - 60, exp: now + lasts, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(by))
}
const all = (patterns: readonly string[]): object => Object.fromEntries(actions.map((action) => [action, patterns]))
const matching = all(['free:*', 'held:*', 'shut:*'])

async function runGate() {
  const revocations = memoryRevocations()
  const gateway = await startGateway({
    settings: makeSettings({ namespaces }),
    log: silent,
    clock: systemClock,
    revocations,
  })
  onTestFinished(() => gateway.stop())
  const templates = Object.keys(rules).map((name) => `${name}:#{value.id}`)
  const feed = feeder(gateway.port.attachSink(makeAttachment({ connector: 'sink', templates })))
  feed.record(Object.keys(rules).map((name) => ({ channel: `${name}:1`, data: {}, key: '1' })))
  feed.feed.ready()
  gateway.port.attachSource({
    connector: 'source',
    channels: Object.keys(rules).map((name) => `${name}:*`),
    publish: async () => ({ ok: true }),
  })
  gateway.ready()
  await until(() => gateway.isReady())
  return { gateway, revocations, feed }
}

const requests = {
  subscribe: (channel: string) => ({ type: 'subscribe', channel }),
  pattern: (channel: string) => ({ type: 'subscribe', channel: channel.replace(/:.*/, ':*') }),
  publish: (channel: string) => ({ type: 'publish', channel, data: {} }),
  history: (channel: string) => ({ type: 'history', channel, from: 'earliest', limit: 1 }),
  presence: (channel: string) => ({ type: 'presence', channel }),
  statistics: (channel: string) => ({ type: 'statistics', channel }),
} as const
type Request = keyof typeof requests

const clients = {
  'no token': undefined,
  'a token without claims': {},
  'a token that grants it': matching,
  'a token that grants another': all(['held:other', 'other:*']),
  'a token that grants it to a claim it lacks': all(['held:#{tenant}', 'held:*:#{tenant}']),
} as const

const table = Object.entries(clients).flatMap(([who, claims]) =>
  Object.keys(requests).flatMap((request) =>
    Object.entries(rules).map(([namespace, rule]) => ({
      who,
      claims,
      request: request as Request,
      namespace,
      rule,
      granted: rule === 'anonymous' || (rule === 'token' && claims === matching),
    })),
  ),
)

test.each(table)('$request with $who where the rule is $rule is granted: $granted', async (row) => {
  const { gateway } = await runGate()
  const client = await openClient(gateway, row.claims && (await sign({ sub: 'ann', ...row.claims })))
  const ask = async (channel: string): Promise<object> => {
    const { id: _, ...answer } = await client.ask(requests[row.request](channel))
    return answer
  }
  const answer = await ask(`${row.namespace}:1`)
  // This sink has no past to read.
  const code = 'code' in answer ? answer.code : 'granted'
  expect(code).toBe(row.granted ? (row.request === 'history' ? 'no_history' : 'granted') : 'forbidden')
  if (row.granted) return
  // The same words for a channel that nobody uses, that nothing could serve, and that lies in no namespace.
  for (const other of [`${row.namespace}:nobody`, `${row.namespace}:1:2:3`, 'nowhere:1', 'constructor:1', 'x'])
    expect(await ask(other)).toEqual(answer)
})

test.each([
  ['expired', 4502, 'bad_token'],
  ['forged', 4502, 'bad_token'],
  ['revoked', 4505, 'revoked'],
  ['for one subscription', 4502, 'bad_token'],
])('a connection with a token that is %s is closed with %i', async (what, close, code) => {
  const { gateway, revocations } = await runGate()
  await revocations.revoke({ kind: 'user', user: 'eve' })
  const tokens = {
    expired: await sign({ sub: 'ann', ...matching }, -60),
    forged: await sign({ sub: 'ann', ...matching }, 600, 'another secret of more than thirty-two bytes'),
    revoked: await sign({ sub: 'eve', ...matching }),
    'for one subscription': await sign({ sub: 'ann', channel: 'held:1' }),
  }
  const token = tokens[what as keyof typeof tokens]
  const client = await openClient(gateway, token)
  expect(client.frames[0]).toMatchObject({ type: 'error', code })
  expect(await client.closed()).toBe(close)
  // The same on the other way in; there one subscription is all there is.
  const response = await fetch(`${gateway.address.url}/sse?channel=held:1`, {
    headers: { authorization: `Bearer ${token}` },
  })
  await response.body?.cancel()
  expect(response.status).toBe(what === 'for one subscription' ? 200 : 401)
})

test('a token for one subscription grants that channel alone, to its client, while it lasts', async () => {
  const { gateway } = await runGate()
  const client = await openClient(gateway, await sign({ sub: 'ann' }))
  const subscribe = async (channel: string, claims: object, lasts?: number) =>
    client.ask({ type: 'subscribe', channel, token: await sign(claims, lasts) })
  expect(await subscribe('held:2', { channel: 'held:1' })).toMatchObject({ code: 'forbidden' })
  expect(await subscribe('held:*', { channel: 'held:1' })).toMatchObject({ code: 'forbidden' })
  expect(await subscribe('held:1', { channel: 'held:1', sub: 'bob' })).toMatchObject({ code: 'bad_token' })
  expect(await subscribe('shut:1', { channel: 'shut:1' })).toMatchObject({ code: 'forbidden' })
  expect(await subscribe('held:1', { channel: 'held:1', sub: 'ann' })).toMatchObject({ type: 'subscribed' })
  expect(await subscribe('held:2', { subscribe: ['held:2'] })).toMatchObject({ type: 'subscribed' })
  // It grants nothing else.
  expect(await client.ask({ type: 'publish', channel: 'held:1', data: 1 })).toMatchObject({ code: 'forbidden' })
  // It ends with its token, the connection stays: five seconds of skew are past.
  const short = await subscribe('held:3', { channel: 'held:3' }, -3)
  expect(short).toMatchObject({ type: 'subscribed' })
  expect(await client.told('notice', 'expiring')).toMatchObject({ subscription: short.id })
  expect(await client.told('unsubscribed', 'token_expired')).toMatchObject({ subscription: short.id })
  expect(await client.ask({ type: 'ping' })).toMatchObject({ type: 'pong' })
})

test('a subscription lives on with a fresh token of its own, and not with one of another channel or client', async () => {
  const { gateway } = await runGate()
  const client = await openClient(gateway, await sign({ sub: 'ann' }))
  const first = await client.ask({ type: 'subscribe', channel: 'held:1', token: await sign({ channel: 'held:1' }, -2) })
  const refresh = async (claims: object, subscription = first.id) =>
    client.ask({ type: 'refresh', token: await sign(claims), ...(subscription === undefined ? {} : { subscription }) })
  expect(await refresh({ channel: 'held:2' })).toMatchObject({ code: 'forbidden' })
  expect(await refresh({ channel: 'held:1', sub: 'bob' })).toMatchObject({ code: 'bad_token' })
  expect(await refresh({ channel: 'held:1' }, 999)).toMatchObject({ code: 'unknown_subscription' })
  expect(await refresh({ channel: 'held:1' })).toMatchObject({ type: 'refreshed', expires: expect.any(Number) })
  // A later subscription without a fresh token ends; this one is still there when it has.
  await client.ask({ type: 'subscribe', channel: 'held:2', token: await sign({ channel: 'held:2' }, -3) })
  const ended = await client.told('unsubscribed', 'token_expired')
  expect(ended['subscription']).not.toBe(first.id)
  expect(await client.ask({ type: 'unsubscribe', subscription: first.id })).toMatchObject({ type: 'unsubscribed' })
})

test('a refreshed connection keeps what the fresh token grants, patterns too, and loses the rest', async () => {
  const { gateway } = await runGate()
  const client = await openClient(gateway, await sign({ sub: 'ann', subscribe: ['held:*'], publish: ['held:*'] }))
  const ids = []
  for (const channel of ['held:*', 'free:1']) ids.push((await client.ask({ type: 'subscribe', channel })).id)
  const refresh = async (claims: object) => client.ask({ type: 'refresh', token: await sign(claims) })
  expect(await refresh({ sub: 'bob', ...matching })).toMatchObject({ code: 'bad_token' })
  expect(await refresh({ ...matching })).toMatchObject({ code: 'bad_token' })
  expect(await refresh({ sub: 'ann', channel: 'held:1' })).toMatchObject({ code: 'bad_token' })
  expect(await client.ask({ type: 'publish', channel: 'held:2', data: 1 })).toMatchObject({ type: 'published' })
  await refresh({ sub: 'ann', subscribe: ['held:1', 'held:2'], publish: ['held:1'] })
  expect(await client.told('unsubscribed', 'forbidden')).toMatchObject({ subscription: ids[0] })
  expect(client.frames.filter(({ type }) => type === 'unsubscribed')).toHaveLength(1)
  expect(await client.ask({ type: 'publish', channel: 'held:2', data: 1 })).toMatchObject({ code: 'forbidden' })
})
