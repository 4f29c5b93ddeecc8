import { expect, test, vi } from 'vitest'
import type { ClientError, Message, SnapshotItem, Subscribed } from '../../../src/client/index.ts'
import { createInbox, startFakeGate, subscribed } from './fake-gate.ts'
import { openClient } from './open-client.ts'

const item = (key: string): object => ({ channel: 'buses', key, data: { id: key } })

test('comes back with the last position it was told, joined from epoch and cursor', async () => {
  const gate = await startFakeGate()
  const { client, reached, timers } = openClient(gate.url)
  const messages = createInbox<Message>()
  const answers = createInbox<Subscribed>()
  const subscription = client.subscribe('buses', { onMessage: messages.put, onSubscribed: answers.put })
  const first = await gate.session()
  await first.greet()
  const { id } = await first.frame()
  first.send(
    subscribed(id),
    { type: 'message', channel: 'buses', key: '7', data: { id: '7' }, position: '.5' },
    { type: 'position', channel: 'buses', position: 'e2.' },
    { type: 'message', channel: 'buses', key: '8', data: { id: '8' }, position: '.1' },
  )
  expect((await messages.take()).position).toBe('e1.5')
  expect(await messages.take()).toEqual({
    channel: 'buses',
    key: '8',
    data: { id: '8' },
    deleted: false,
    position: 'e2.1',
  })
  expect(subscription.position).toBe('e2.1')
  first.terminate()
  timers.advance((await reached('waiting')).retryInMs)

  const second = await gate.session()
  await second.greet()
  const again = await second.frame()
  expect(again).toMatchObject({ type: 'subscribe', channel: 'buses', position: 'e2.1' })
  second.send(subscribed(again['id'], { position: 'e2.1', recovered: true }))
  expect(await answers.take()).toMatchObject({ recovered: null })
  expect(await answers.take()).toMatchObject({ recovered: true, position: 'e2.1' })
})

test('a position frame alone moves the position of a quiet channel', async () => {
  const gate = await startFakeGate()
  const { client, reached, timers } = openClient(gate.url)
  const subscription = client.subscribe('bus:7', {})
  const session = await gate.session()
  await session.greet()
  const { id } = await session.frame()
  session.send(subscribed(id, { channel: 'bus:7' }), { type: 'position', channel: 'bus:7', position: 'e1.99' })
  session.close(4001)
  timers.advance((await reached('waiting')).retryInMs)
  expect(subscription.position).toBe('e1.99')
})

test('a snapshot in parts is given whole, and half of one is asked for anew', async () => {
  const gate = await startFakeGate()
  const { client, reached, timers } = openClient(gate.url)
  const snapshots = createInbox<readonly SnapshotItem[]>()
  client.subscribe('buses', { snapshot: true, onSnapshot: snapshots.put })
  const first = await gate.session()
  await first.greet()
  const asked = await first.frame()
  expect(asked).toMatchObject({ snapshot: true })
  first.send(subscribed(asked['id']), { type: 'snapshot', subscription: asked['id'], items: [item('1')], more: true })
  first.close(4001)
  timers.advance((await reached('waiting')).retryInMs)

  const second = await gate.session()
  await second.greet()
  const again = await second.frame()
  expect(again).not.toHaveProperty('position')
  second.send(
    subscribed(again['id']),
    { type: 'snapshot', subscription: again['id'], items: [item('1')], more: true },
    { type: 'snapshot', subscription: again['id'], items: [item('2')], more: false },
  )
  expect((await snapshots.take()).map(({ key }) => key)).toEqual(['1', '2'])
})

test('a snapshot beyond the limit ends its subscription', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url, { maxSnapshotEntries: 1 })
  const errors = createInbox<ClientError>()
  client.subscribe('buses', { snapshot: true, onError: errors.put })
  const session = await gate.session()
  await session.greet()
  const { id } = await session.frame()
  const items = [1, 2].map((key) => ({ channel: 'buses', key: String(key), data: key }))
  session.send(subscribed(id), { type: 'snapshot', subscription: id, items, more: false })
  expect(await errors.take()).toMatchObject({ code: 'snapshot_too_large' })
  expect(await session.frame()).toMatchObject({ type: 'unsubscribe', subscription: id })
})

test('messages go to the subscription of their channel, and to none that has ended', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url)
  const heard = createInbox<string>()
  const routes = client.subscribe('route:5', { onMessage: ({ channel }) => heard.put(`routes ${channel}`) })
  client.subscribe('buses', { onMessage: ({ channel }) => heard.put(`buses ${channel}`) })
  const session = await gate.session()
  await session.greet()
  const ids = [(await session.frame())['id'], (await session.frame())['id']]
  session.send(
    subscribed(ids[0], { channel: 'route:5' }),
    subscribed(ids[1]),
    { type: 'message', channel: 'route:5', data: 1 },
    { type: 'message', channel: 'buses', data: 1 },
  )
  expect(await heard.take()).toBe('routes route:5')
  expect(await heard.take()).toBe('buses buses')
  routes.unsubscribe()
  expect(await session.frame()).toMatchObject({ type: 'unsubscribe', subscription: ids[0] })
  session.send({ type: 'message', channel: 'route:5', data: 2 }, { type: 'message', channel: 'buses', data: 2 })
  expect(await heard.take()).toBe('buses buses')
})

test('a second subscription of a channel that is refused takes nothing from the first', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url)
  const heard = createInbox<unknown>()
  const errors = createInbox<ClientError>()
  client.subscribe('buses', { onMessage: ({ data }) => heard.put(data) })
  client.subscribe('buses', { onError: errors.put })
  const session = await gate.session()
  await session.greet()
  const [first, second] = [await session.frame(), await session.frame()]
  session.send(subscribed(first['id']), { type: 'message', channel: 'buses', data: 1 })
  session.send({ type: 'error', id: second['id'], code: 'overlap', message: 'No.', retryable: false })
  expect(await errors.take()).toMatchObject({ code: 'overlap' })
  session.send({ type: 'message', channel: 'buses', data: 2 })
  expect([await heard.take(), await heard.take()]).toEqual([1, 2])
})

test('a retryable refusal is tried again after the time the gate asked for, a final one ends the subscription', async () => {
  const gate = await startFakeGate()
  const { client, timers } = openClient(gate.url, { backoff: { initialMs: 100 } })
  const errors = createInbox<ClientError>()
  client.subscribe('buses', { onError: errors.put })
  const session = await gate.session()
  await session.greet()
  const { id } = await session.frame()
  session.send({ type: 'error', id, code: 'not_ready', message: 'Not yet.', retryable: true, retryAfter: 700 })
  expect(await errors.take()).toMatchObject({ code: 'not_ready', retryable: true })
  timers.advance(700)
  const again = await session.frame()
  expect(again).toMatchObject({ type: 'subscribe', channel: 'buses' })
  session.send({ type: 'error', id: again['id'], code: 'forbidden', message: 'No.', retryable: false })
  expect(await errors.take()).toMatchObject({ code: 'forbidden', retryable: false })
})

test('is told when the gate ends a subscription', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url)
  const ended = createInbox<unknown>()
  client.subscribe('buses', { onUnsubscribed: ended.put })
  const session = await gate.session()
  await session.greet()
  const { id } = await session.frame()
  session.send(subscribed(id), { type: 'unsubscribed', subscription: id, code: 'forbidden' })
  expect(await ended.take()).toEqual({ code: 'forbidden' })
})

test('a handler that throws is reported and harms nobody else', async () => {
  const gate = await startFakeGate()
  const onError = vi.fn<(error: ClientError) => void>()
  const { client } = openClient(gate.url, { onError })
  const seen = createInbox<unknown>()
  client.subscribe('buses', {
    onMessage({ data }) {
      seen.put(data)
      if (data === 1) throw new Error('mine')
    },
  })
  const session = await gate.session()
  await session.greet()
  const { id } = await session.frame()
  session.send(
    subscribed(id),
    { type: 'message', channel: 'buses', data: 1 },
    { type: 'message', channel: 'buses', data: 2 },
  )
  expect([await seen.take(), await seen.take()]).toEqual([1, 2])
  expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: 'handler_failed' }))
})
