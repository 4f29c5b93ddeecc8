import { expect, test } from 'vitest'
import type { Message } from '../../../src/client/index.ts'
import { createInbox, message, startFakeGate, subscribed } from './fake-gate.ts'
import { openClient } from './open-client.ts'

const granted = (window: number): object => ({ granted: { delivery: 'every', snapshot: false, window } })

test('acknowledges when the handler is done, many at once, and at half a window without delay', async () => {
  const gate = await startFakeGate()
  const { client, timers } = openClient(gate.url)
  const seen = createInbox<unknown>()
  client.subscribe('buses', { window: 8, onMessage: ({ data }) => seen.put(data) })
  const session = await gate.session()
  await session.greet()
  const asked = await session.frame()
  expect(asked).toMatchObject({ window: 8 })
  const { id } = asked
  session.send(subscribed(id, granted(4)), message(1, 1))
  await seen.take()
  timers.advance(20)
  expect(await session.frame()).toEqual({ type: 'ack', subscription: id, position: 'e1.1' })
  for (const n of [2, 3, 4]) session.send(message(n, n))
  for (let n = 2; n <= 4; n++) await seen.take()
  expect(await session.frame()).toEqual({ type: 'ack', subscription: id, position: 'e1.3' })
  timers.advance(20)
  expect(await session.frame()).toEqual({ type: 'ack', subscription: id, position: 'e1.4' })
})

test('by hand: acknowledges all before it, comes back after it, and flags what comes again until it is live', async () => {
  const gate = await startFakeGate()
  const { client, timers, reached } = openClient(gate.url)
  const seen = createInbox<Message>()
  const live = createInbox<unknown>()
  const subscription = client.subscribe('buses', { window: 10, ack: 'manual', onMessage: seen.put, onLive: live.put })
  const first = await gate.session()
  await first.greet()
  first.send(subscribed((await first.frame())['id'], granted(10)), message(1, 1), message(2, 2), message(3, 3))
  const [one, two, three] = [await seen.take(), await seen.take(), await seen.take()]
  expect(subscription.position).toBe('e1.0')
  two.ack?.()
  one.ack?.()
  expect(subscription.position).toBe('e1.2')
  first.terminate()
  timers.advance((await reached('waiting')).retryInMs)

  const second = await gate.session()
  await second.greet()
  const again = await second.frame()
  expect(again).toMatchObject({ type: 'subscribe', position: 'e1.2', window: 10 })
  const { id } = again
  second.send(
    subscribed(id, { position: 'e1.2', recovered: true, again: true, ...granted(10) }),
    message(3, 3),
    { type: 'live', subscription: id, position: 'e1.3' },
    message(4, 4),
  )
  expect(await seen.take()).toMatchObject({ data: 3, again: true })
  expect(await live.take()).toEqual({ position: 'e1.3' })
  expect((await seen.take()).again).toBeUndefined()
  // That of the former connection: what it acknowledged comes again.
  three.ack?.()
  expect(subscription.position).toBe('e1.2')
})

test('an acknowledgement without a connection counts when it comes back', async () => {
  const gate = await startFakeGate()
  const { client, timers, reached } = openClient(gate.url)
  const seen = createInbox<Message>()
  client.subscribe('buses', { window: 10, ack: 'manual', onMessage: seen.put })
  const first = await gate.session()
  await first.greet()
  first.send(subscribed((await first.frame())['id'], granted(10)), message(1, 1))
  const one = await seen.take()
  first.terminate()
  const { retryInMs } = await reached('waiting')
  one.ack?.()
  timers.advance(retryInMs)
  const second = await gate.session()
  await second.greet()
  expect(await second.frame()).toMatchObject({ type: 'subscribe', position: 'e1.1' })
})

test('what was left out for its size is acknowledged by itself, and told', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url)
  const notices = createInbox<unknown>()
  client.subscribe('buses', { window: 1, onNotice: notices.put })
  const session = await gate.session()
  await session.greet()
  const { id } = await session.frame()
  session.send(subscribed(id, granted(1)))
  session.send({ type: 'notice', code: 'oversize', subscription: id, size: 99, position: '.5' })
  expect(await notices.take()).toMatchObject({ code: 'oversize', size: 99 })
  expect(await session.frame()).toEqual({ type: 'ack', subscription: id, position: 'e1.5' })
})

test('the gate is told of messages alone, and what was told behind the last one is come back with', async () => {
  const gate = await startFakeGate()
  const { client, timers, reached } = openClient(gate.url)
  const subscription = client.subscribe('buses', { window: 8 })
  const known = createInbox<unknown>()
  client.onNotice(known.put)
  const first = await gate.session()
  await first.greet()
  const { id } = await first.frame()
  first.send(subscribed(id, granted(8)), message(1, 1), { type: 'position', channel: 'buses', position: 'e1.7' })
  first.send({ type: 'notice', code: 'fresh' })
  await known.take()
  timers.advance(20)
  expect(await first.frame()).toEqual({ type: 'ack', subscription: id, position: 'e1.1' })
  expect(subscription.position).toBe('e1.7')
  first.terminate()
  timers.advance((await reached('waiting')).retryInMs)
  const second = await gate.session()
  await second.greet()
  expect(await second.frame()).toMatchObject({ position: 'e1.7' })
})
