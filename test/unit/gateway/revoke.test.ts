import { SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import type { RevokedThing } from '#api'
import { createRevocationIndex } from '../../../src/gateway/who/revocations.ts'
import { startRevoker } from '../../../src/gateway/who/revoke.ts'
import { memoryRevocations } from '../../support/memory-revocations.ts'
import { fakeGate, feeder, makeAttachment, manualClock, secret, settle } from './harness.ts'

async function setUp() {
  const clock = manualClock()
  const gate = fakeGate(clock)
  const revocations = memoryRevocations(clock)
  const index = createRevocationIndex([], () => clock.now())
  const { connections, log } = gate.gate
  const revoker = startRevoker({ revocations, index, connections, clock, log })
  onTestFinished(() => revoker.stop())
  const buses = feeder(gate.hub.port.attachSink(makeAttachment()))
  buses.feed.ready()
  await settle()
  const token = await new SignJWT({ sub: 'ann', jti: 'one' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt(clock.now() / 1000)
    .setExpirationTime('100y')
    .sign(new TextEncoder().encode(secret))
  const subscribe = async (more: object = {}) => {
    const client = gate.connect(token)
    client.send({ type: 'subscribe', id: 1, channel: 'bus:1', ...more })
    await settle()
    expect(client.of('subscribed')).toHaveLength(1)
    return client
  }
  const publish = (data: string): void => buses.record([{ channel: 'bus:1', key: data, data }])
  return { gate, revocations, token, subscribe, publish }
}

const kinds: readonly [RevokedThing['kind'], (session: string) => RevokedThing][] = [
  ['user', () => ({ kind: 'user', user: 'ann' })],
  ['session', (session) => ({ kind: 'session', session })],
  ['channels', () => ({ kind: 'channels', channels: 'bus:*' })],
]

test.each(kinds)(
  'what is published in the same turn in which the %s is revoked reaches nobody who was shut out',
  async (_, thingOf) => {
    const { revocations, subscribe, publish } = await setUp()
    const [live, latest] = [await subscribe(), await subscribe({ delivery: 'latest' })]
    publish('before all')
    await settle()
    // The sweep that brings it is on its way.
    publish('just before')
    await Promise.all([live, latest].map(({ session }) => revocations.revoke(thingOf(session.client.session))))
    publish('just after')
    await settle()
    for (const client of [live, latest]) {
      expect(client.of('message').map(({ data }) => data)).toEqual(['before all'])
      expect(client.closed() ?? client.of('unsubscribed')[0]?.['code']).toBe('revoked')
    }
  },
)

test('who was found good just before the user was revoked does not stay', async () => {
  const { gate, revocations, publish, token } = await setUp()
  const { auth } = gate.gate
  const verify = auth.verify.bind(auth)
  Object.assign(auth, {
    async verify(shown: string) {
      const who = await verify(shown)
      void revocations.revoke({ kind: 'user', user: 'ann' })
      return who
    },
  })
  const client = gate.connect(token)
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1' })
  await settle()
  expect(client.closed()).toBe('revoked')
  publish('after')
  await settle()
  expect(client.of('message')).toEqual([])
})
