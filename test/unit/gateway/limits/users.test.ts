import { expect, test } from 'vitest'
import { token } from '../../../conformance/transport.ts'
import { happened } from '../../../support/happened.ts'
import { fakeGate, manualClock, settle } from '../harness.ts'

async function connectAs(fake: ReturnType<typeof fakeGate>, sub?: string) {
  const client = fake.connect(sub === undefined ? undefined : await token({ sub }))
  client.send({ type: 'connect', id: 1 })
  await settle()
  return client
}

test('a user has so many connections: the newest is refused, and let in when another has ended', async () => {
  const fake = fakeGate(manualClock(Date.now()), { limits: { sessionsPerUser: 2 } })
  const first = await connectAs(fake, 'ann')
  await connectAs(fake, 'ann')
  const third = await connectAs(fake, 'ann')
  expect(third.of('error')).toMatchObject([{ id: 1, code: 'user_limit', retryable: true }])
  expect(third.closed()).toBe('user_limit')
  expect(happened(fake.gate.limits.refused.counts())).toEqual({ user_limit: 1 })
  expect((await connectAs(fake, 'ben')).closed()).toBeUndefined()
  first.disconnect()
  expect((await connectAs(fake, 'ann')).of('connected')).toHaveLength(1)
})

test('those without a token are nobody’s connections', async () => {
  const fake = fakeGate(manualClock(Date.now()), { limits: { sessionsPerUser: 1 } })
  for (let n = 0; n < 5; n++) expect((await connectAs(fake)).closed()).toBeUndefined()
})

test('who shows a token later counts from then on', async () => {
  const fake = fakeGate(manualClock(Date.now()), { limits: { sessionsPerUser: 1 } })
  await connectAs(fake, 'ann')
  const late = await connectAs(fake)
  late.send({ type: 'refresh', id: 2, token: await token({ sub: 'ann' }) })
  await settle()
  expect(late.closed()).toBe('user_limit')
})
