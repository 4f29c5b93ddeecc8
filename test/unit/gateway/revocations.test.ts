import { SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { RetriableError, type Revocation, type RevocationLog } from '#api'
import { type Gateway, startGateway } from '../../../src/gateway/index.ts'
import { anonymous } from '../../../src/gateway/who/auth.ts'
import { createRevocationIndex } from '../../../src/gateway/who/revocations.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { until } from '../../conformance/transport.ts'
import { memoryRevocations } from '../../support/memory-revocations.ts'
import { openClient } from '../../support/tidegate-client.ts'
import { feeder, makeAttachment, makeSettings, secret, silent } from './harness.ts'

async function runGate(revocations: RevocationLog): Promise<Gateway> {
  const gateway = await startGateway({ settings: makeSettings(), log: silent, clock: systemClock, revocations })
  onTestFinished(() => gateway.stop())
  const attachment = makeAttachment({ templates: ['bus:#{value.id}', 'secret:#{value.id}'] })
  feeder(gateway.port.attachSink(attachment)).feed.ready()
  gateway.port.attachSource({
    connector: 'in',
    channels: ['secret:*', 'report:*'],
    publish: async () => ({ ok: true }),
  })
  gateway.ready()
  await until(() => gateway.isReady())
  return gateway
}

const sign = (claims: object, ageS = 0): Promise<string> => {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({ iat: now - ageS, subscribe: ['secret:*'], publish: ['secret:*'], ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(now + 600)
    .sign(new TextEncoder().encode(secret))
}

test('a user is out at once and on every worker, with all tokens from before and none from after', async () => {
  const revocations = memoryRevocations()
  const [one, other] = [await runGate(revocations), await runGate(revocations)]
  const old = await sign({ sub: 'ann' }, 10)
  const [here, there, bob] = [
    await openClient(one, old),
    await openClient(other, await sign({ sub: 'ann' }, 20)),
    await openClient(one, await sign({ sub: 'bob' }, 10)),
  ]
  const own = await bob.ask({ type: 'subscribe', channel: 'secret:1', token: await sign({ channel: 'secret:1' }, 10) })
  // Their issuer's clock may be ahead of ours by the 5 s of the settings.
  const ahead = await openClient(one, await sign({ sub: 'ann' }, 5))
  await revocations.revoke({ kind: 'user', user: 'ann' }, undefined, Date.now() - 8000)
  expect(await ahead.closed()).toBe(4505)
  expect([await here.closed(), await there.closed()]).toEqual([4505, 4505])
  const again = await openClient(other, old)
  expect(again.frames[0]).toMatchObject({ code: 'revoked' })
  expect(await again.closed()).toBe(4505)
  const undated = await new SignJWT({ sub: 'ann' })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret))
  expect((await openClient(one, undated)).frames[0]).toMatchObject({ code: 'revoked' })
  expect((await openClient(other, await sign({ sub: 'ann' }))).frames[0]).toMatchObject({ type: 'connected' })
  const refreshed = await openClient(one, await sign({ sub: 'ann' }))
  expect(await refreshed.ask({ type: 'refresh', token: old })).toMatchObject({ code: 'revoked' })
  expect(await bob.ask({ type: 'unsubscribe', subscription: own.id })).toMatchObject({ type: 'unsubscribed' })
})

test('a session and its token are out, also where it comes back, and on a gate that starts later', async () => {
  const revocations = memoryRevocations()
  const [one, other] = [await runGate(revocations), await runGate(revocations)]
  const token = await sign({ sub: 'ann' })
  const client = await openClient(one, token)
  const second = await openClient(other, token)
  const elsewhere = await openClient(other, await sign({ sub: 'ann', jti: 'another' }))
  await revocations.revoke({ kind: 'session', session: String(client.frames[0]?.['session']) })
  // Another connection with the same token has nothing to go by any more.
  expect([await client.closed(), await second.closed()]).toEqual([4505, 4505])
  expect(await elsewhere.ask({ type: 'ping' })).toMatchObject({ type: 'pong' })
  const kept = revocations.all().find(({ of }) => of.kind === 'token')
  const expires = Number(client.frames[0]?.['expires'])
  expect(kept?.until).toBe(expires)
  expect((await openClient(await runGate(revocations), token)).frames[0]).toMatchObject({ code: 'revoked' })
})

test('channels end for whom they are revoked, under a pattern too, and are refused like any that is not granted', async () => {
  const revocations = memoryRevocations()
  const gateway = await runGate(revocations)
  const [ann, bob, nobody] = [
    await openClient(gateway, await sign({ sub: 'ann' })),
    await openClient(gateway, await sign({ sub: 'bob' })),
    await openClient(gateway),
  ]
  const wide = await ann.ask({ type: 'subscribe', channel: 'secret:*' })
  const [bobs, open] = [
    await bob.ask({ type: 'subscribe', channel: 'secret:7' }),
    await nobody.ask({ type: 'subscribe', channel: 'bus:7' }),
  ]
  await revocations.revoke({ kind: 'channels', channels: 'secret:7', user: 'ann' })
  expect(await ann.told('unsubscribed', 'revoked')).toMatchObject({ subscription: wide.id })
  expect(await ann.ask({ type: 'subscribe', channel: 'secret:7' })).toMatchObject({ code: 'forbidden' })
  expect(await ann.ask({ type: 'subscribe', channel: 'secret:*' })).toMatchObject({ code: 'forbidden' })
  expect(await ann.ask({ type: 'publish', channel: 'secret:7', data: 1 })).toMatchObject({ code: 'forbidden' })
  // A token of nobody's does not help.
  const lent = await sign({ channel: 'secret:7' })
  expect(await ann.ask({ type: 'subscribe', channel: 'secret:7', token: lent })).toMatchObject({ code: 'forbidden' })
  expect(await ann.ask({ type: 'publish', channel: 'secret:8', data: 1 })).toMatchObject({ type: 'published' })
  expect(await ann.ask({ type: 'subscribe', channel: 'secret:8' })).toMatchObject({ type: 'subscribed' })
  expect(await bob.ask({ type: 'unsubscribe', subscription: bobs.id })).toMatchObject({ type: 'unsubscribed' })
  await revocations.revoke({ kind: 'channels', channels: 'bus:*' })
  expect(await nobody.told('unsubscribed', 'revoked')).toMatchObject({ subscription: open.id })
  expect(await nobody.ask({ type: 'subscribe', channel: 'bus:1' })).toMatchObject({ code: 'forbidden' })
  await revocations.remove(
    revocations.all().find(({ of }) => of.kind === 'channels' && of.channels === 'bus:*')?.id ?? '',
  )
  expect(await nobody.ask({ type: 'subscribe', channel: 'bus:1' })).toMatchObject({ type: 'subscribed' })
})

test('a subscription with a token of its own ends with it, and the connection stays', async () => {
  const revocations = memoryRevocations()
  const client = await openClient(await runGate(revocations))
  const token = await sign({ jti: 'one', channel: 'secret:1' })
  const { id } = await client.ask({ type: 'subscribe', channel: 'secret:1', token })
  await revocations.revoke({ kind: 'token', token: 'jti:one' })
  expect(await client.told('unsubscribed', 'revoked')).toMatchObject({ subscription: id })
  expect(await client.ask({ type: 'subscribe', channel: 'secret:1', token })).toMatchObject({ code: 'revoked' })
})

test('what came to its end is in force no more', async () => {
  const revocations = memoryRevocations()
  const gateway = await runGate(revocations)
  await revocations.revoke({ kind: 'user', user: 'ann' }, Date.now() + 250)
  const token = await sign({ sub: 'ann' }, 10)
  expect((await openClient(gateway, token)).frames[0]).toMatchObject({ code: 'revoked' })
  await until(() => revocations.all().length === 0)
  expect((await openClient(gateway, token)).frames[0]).toMatchObject({ type: 'connected' })
})

test('the token of a revoked session is refused here although it cannot be stored yet', async () => {
  const stored = memoryRevocations()
  const add = async (): Promise<never> => {
    throw new RetriableError('Kafka does not answer.')
  }
  const gateway = await runGate({ ...stored, add })
  const token = await sign({ sub: 'ann' })
  const client = await openClient(gateway, token)
  await stored.revoke({ kind: 'session', session: String(client.frames[0]?.['session']) })
  expect(await client.closed()).toBe(4505)
  expect((await openClient(gateway, token)).frames[0]).toMatchObject({ code: 'revoked' })
})

test('all tokens that a session has had are out with it: those from before a refresh, and those of its subscriptions', async () => {
  const revocations = memoryRevocations()
  const gateway = await runGate(revocations)
  const [first, second, lent] = [
    await sign({ sub: 'ann', jti: '1' }),
    await sign({ sub: 'ann', jti: '2' }),
    await sign({ channel: 'secret:1' }),
  ]
  const client = await openClient(gateway, first)
  expect(await client.ask({ type: 'refresh', token: second })).toMatchObject({ type: 'refreshed' })
  expect(await client.ask({ type: 'subscribe', channel: 'secret:1', token: lent })).toMatchObject({
    type: 'subscribed',
  })
  await revocations.revoke({ kind: 'session', session: String(client.frames[0]?.['session']) })
  expect(await client.closed()).toBe(4505)
  for (const token of [first, second]) expect((await openClient(gateway, token)).frames[0]?.['code']).toBe('revoked')
  const back = await openClient(gateway)
  expect(await back.ask({ type: 'subscribe', channel: 'secret:1', token: lent })).toMatchObject({ code: 'revoked' })
})

test('a subscription with a token of nobody goes by who its connection is now', async () => {
  const revocations = memoryRevocations()
  const client = await openClient(await runGate(revocations))
  const [one, two] = [
    await client.ask({ type: 'subscribe', channel: 'secret:1', token: await sign({ channel: 'secret:1' }) }),
    await client.ask({ type: 'subscribe', channel: 'secret:2', token: await sign({ channel: 'secret:2' }) }),
  ]
  await revocations.revoke({ kind: 'channels', channels: 'secret:2', user: 'ann' })
  expect(await client.ask({ type: 'refresh', token: await sign({ sub: 'ann' }) })).toMatchObject({ type: 'refreshed' })
  expect(await client.told('unsubscribed', 'forbidden')).toMatchObject({ subscription: two.id })
  await revocations.revoke({ kind: 'channels', channels: 'secret:1', user: 'ann' })
  expect(await client.told('unsubscribed', 'revoked')).toMatchObject({ subscription: one.id })
})

test('what is revoked of a channel is found among very many, under a pattern or for all, and ends', () => {
  const all = Array.from({ length: 100_000 }, (_, n): Revocation => {
    const of = { kind: 'channels', channels: `bus:${n}`, user: `user-${n}` } as const
    return { id: `channels-${n}`, of, at: 1000 }
  })
  const index = createRevocationIndex(all, () => 2000)
  const ann = { ...anonymous(), client: 'user-7', isAuthenticated: true }
  // So many looks at all of them would take minutes.
  const blocked = Array.from({ length: 20_000 }, (_, n) => n).filter((n) => index.blocks(ann, `bus:${n}`))
  expect(blocked).toEqual([7])
  expect([index.blocks(ann, 'bus:*'), index.blocks(ann, 'car:*')]).toEqual([true, false])
  expect(index.blocks({ ...ann, isAuthenticated: false }, 'bus:7')).toBe(false)
  index.apply({ ended: 'channels-7' })
  expect([index.blocks(ann, 'bus:7'), index.blocks(ann, 'bus:*')]).toEqual([false, false])
  const wide = { id: 'wide', of: { kind: 'channels', channels: '*:8' } as const, at: 1000, until: 2001 }
  index.apply({ made: wide })
  expect([index.blocks(ann, 'bus:8'), index.blocks(anonymous(), 'bus:*')]).toEqual([true, true])
  index.apply({ made: { ...wide, until: 2000 } })
  expect(index.blocks(ann, 'bus:8')).toBe(false)
})
