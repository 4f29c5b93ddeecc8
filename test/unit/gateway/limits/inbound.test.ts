import { expect, test } from 'vitest'
import type { LimitSettings } from '../../../../src/gateway/settings.ts'
import { happened } from '../../../support/happened.ts'
import { fakeGate, feeder, makeAttachment, manualClock, settle } from '../harness.ts'

async function connected(limits: Partial<LimitSettings>) {
  const clock = manualClock()
  const fake = fakeGate(clock, { limits })
  const client = fake.connect()
  client.send({ type: 'connect', id: 1 })
  await settle()
  let id = 1
  const tick = async (ms = 1000): Promise<void> => {
    clock.advance(ms)
    client.session.tick(clock.now())
    await settle()
  }
  const ping = (count: number): void => {
    for (let n = 0; n < count; n++) client.send({ type: 'ping', id: ++id })
  }
  return { ...fake, clock, client, tick, ping, nextId: () => ++id }
}

test('who sends more frames than it may is read no further until it may again, and loses none', async () => {
  const { client, tick, ping } = await connected({ messagesPerS: 10 })
  ping(30)
  await settle()
  expect(client.isPaused()).toBe(true)
  const first = client.of('pong').length
  expect(first).toBeLessThanOrEqual(20)
  for (let n = 0; n < 3; n++) await tick()
  expect(client.of('pong')).toHaveLength(30)
  expect(client.isPaused()).toBe(false)
  expect(client.closed()).toBeUndefined()
})

test('who sends more bytes than it may is held back likewise, whole frames or not', async () => {
  const { client, tick } = await connected({ bytesPerS: 1000 })
  client.send({ type: 'ping', id: 5, text: 'x'.repeat(3000) })
  await settle()
  expect(client.isPaused()).toBe(true)
  await tick()
  expect(client.isPaused()).toBe(true)
  await tick()
  expect(client.isPaused()).toBe(false)
})

test('who is held back without a pause is closed in the end; who stops for a while is not', async () => {
  const limits = { messagesPerS: 10, overRateMs: 10_000 }
  const abuser = await connected(limits)
  for (let n = 0; n < 60 && !abuser.client.closed(); n++) {
    if (!abuser.client.isPaused()) abuser.ping(25)
    await abuser.tick()
  }
  expect(abuser.client.closed()).toBe('message_rate')

  const lively = await connected(limits)
  for (let n = 0; n < 20; n++) {
    lively.ping(21)
    for (let pause = 0; pause < 4; pause++) await lively.tick()
    lively.client.send({ type: 'pong' })
  }
  expect(lively.client.closed()).toBeUndefined()
  expect(lively.client.of('pong')).toHaveLength(420)
})

test('pings and pongs of the socket count too, and to a client that does not read no more answers are heaped up', async () => {
  const { client, clock } = await connected({ messagesPerS: 10, sendBufferBytes: 65_536 })
  for (let n = 0; n < 25; n++) client.session.control()
  expect(client.isPaused()).toBe(true)
  client.waiting = 70_000
  client.session.control()
  expect(client.closed()).toBe('slow')
  expect(clock.now()).toBeGreaterThan(0)
})

test('a frame that was begun has to end in time, however its bytes dribble', async () => {
  const { client, tick } = await connected({ frameTimeoutMs: 5000 })
  for (let n = 0; n < 4; n++) {
    client.received++
    await tick()
  }
  expect(client.closed()).toBeUndefined()
  // It ends, and the next begins.
  client.send({ type: 'ping', id: 7 })
  for (let n = 0; n < 5; n++) {
    client.received++
    await tick()
  }
  expect(client.closed()).toBeUndefined()
  await tick()
  expect(client.closed()).toBe('frame_timeout')
})

test('who has no subscription and sends nothing but answers to pings is closed as idle', async () => {
  const limits = { idleTimeoutMs: 60_000, pingIntervalMs: 20_000, pingTimeoutMs: 5000 }
  const idle = await connected(limits)
  const subscribed = await connected(limits)
  const buses = feeder(subscribed.hub.port.attachSink(makeAttachment()))
  buses.feed.ready()
  await settle()
  subscribed.client.send({ type: 'subscribe', id: 9, channel: 'bus:1' })
  await settle()
  const asking = await connected(limits)
  for (let s = 0; s < 59; s++) {
    for (const each of [idle, subscribed, asking]) {
      await each.tick()
      each.client.send({ type: 'pong' })
    }
    if (s % 30 === 0) asking.ping(1)
    expect(idle.client.closed()).toBeUndefined()
  }
  for (const each of [idle, subscribed, asking]) await each.tick()
  expect(idle.client.closed()).toBe('idle')
  expect(subscribed.client.closed()).toBeUndefined()
  expect(asking.client.closed()).toBeUndefined()
})

test('requests beyond the rate are refused with a time to come back, publications and pings are not', async () => {
  const { client, clock, gate, ping, nextId } = await connected({ requestsPerS: 2, subscriptionsPerSession: 3 })
  for (let n = 0; n < 6; n++) client.send({ type: 'unsubscribe', id: nextId(), subscription: 99 })
  await settle()
  expect(client.of('error').map(({ code }) => code)).toEqual(Array.from({ length: 6 }, () => 'unknown_subscription'))
  client.send({ type: 'subscribe', id: nextId(), channel: 'bus:1' })
  await settle()
  expect(client.of('error').at(-1)).toMatchObject({ code: 'message_rate', retryable: true, retryAfter: 500 })
  expect(happened(gate.limits.refused.counts())).toEqual({ message_rate: 1 })
  ping(1)
  client.send({ type: 'publish', id: nextId(), channel: 'chat:1', data: 1 })
  await settle()
  expect(client.of('pong')).toHaveLength(1)
  expect(client.of('error').at(-1)).toMatchObject({ code: 'no_source' })
  clock.advance(500)
  client.send({ type: 'unsubscribe', id: nextId(), subscription: 99 })
  await settle()
  expect(client.of('error').at(-1)).toMatchObject({ code: 'unknown_subscription' })
})
