import { expect, test, vi } from 'vitest'
import type { ClientError, SnapshotItem } from '../../../src/client/index.ts'
import { createInbox, startFakeGate, subscribed } from './fake-gate.ts'
import { openClient } from './open-client.ts'

const granted = { delivery: 'every', snapshot: false } as const

test('history, presence and statistics are asked for and answered', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url)
  const history = client.history('buses', { from: '-10m', limit: 2 })
  const presence = client.presence('buses')
  const statistics = client.statistics('buses')
  const session = await gate.session()
  await session.greet()
  const asked = [await session.frame(), await session.frame(), await session.frame()]
  expect(asked).toMatchObject([
    { type: 'history', channel: 'buses', from: '-10m', limit: 2 },
    { type: 'presence', channel: 'buses' },
    { type: 'statistics', channel: 'buses' },
  ])
  const items = [{ channel: 'buses', key: '7', deleted: true, position: 'e1.3' }]
  session.send(
    { type: 'statistics', id: asked[2]?.['id'], clients: 1, sessions: 2 },
    { type: 'presence', id: asked[1]?.['id'], clients: [{ client: 'anna', sessions: 2 }], more: false },
    { type: 'history', id: asked[0]?.['id'], items, more: true },
  )
  expect(await history).toEqual({ items, more: true, position: 'e1.3' })
  expect(await presence).toEqual({ clients: [{ client: 'anna', sessions: 2 }], more: false })
  expect(await statistics).toEqual({ clients: 1, sessions: 2 })
})

test('a history says where to go on, also without items, and what was too large for this client', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url)
  const [empty, last] = [client.history('buses'), client.history('buses', { from: 'e1.9' })]
  const session = await gate.session()
  await session.greet()
  const [first, second] = [await session.frame(), await session.frame()]
  const items = [{ channel: 'buses', oversize: 5000, position: 'e1.9' }]
  session.send(
    { type: 'history', id: first['id'], items: [], more: true, position: 'e1.7' },
    { type: 'history', id: second['id'], items, more: false, position: 'e1.9' },
  )
  expect(await empty).toEqual({ items: [], more: true, position: 'e1.7' })
  expect(await last).toEqual({ items: [{ ...items[0], deleted: false }], more: false })
})

test('a question that is refused, or cut off, says so', async () => {
  const gate = await startFakeGate()
  const { client, reached } = openClient(gate.url)
  const refused = client.history('buses')
  const session = await gate.session()
  await session.greet()
  const { id } = await session.frame()
  session.send({ type: 'error', id, code: 'forbidden', message: 'No.', retryable: false })
  await expect(refused).rejects.toMatchObject({ code: 'forbidden', retryable: false })
  const cut = client.presence('buses').catch((error: unknown) => error)
  await session.frame()
  session.terminate()
  expect(await cut).toMatchObject({ code: 'disconnected', retryable: true })
  await reached('waiting')
  await expect(client.statistics('buses')).rejects.toMatchObject({ code: 'disconnected' })
})

test('a change in place is answered, and asked for again after a break', async () => {
  const gate = await startFakeGate()
  const { client, reached, timers } = openClient(gate.url)
  const subscription = client.subscribe('buses', { filter: 'true', maxRate: 5 })
  const first = await gate.session()
  await first.greet()
  const { id } = await first.frame()
  first.send(subscribed(id))
  const changed = subscription.update({ bbox: [60, 61, 24, 25], filter: null })
  const asked = await first.frame()
  expect(asked).toMatchObject({ type: 'update', subscription: id, bbox: [60, 61, 24, 25], filter: null })
  first.send({ type: 'updated', id: asked['id'], granted })
  expect(await changed).toEqual(granted)
  // From here on what comes is of the new terms.
  first.send({ type: 'position', channel: 'buses', position: 'e.0-9' })
  await vi.waitFor(() => expect(subscription.position).toBe('e.0-9'))
  const bad = subscription.update({ filter: 'nonsense' })
  const refused = await first.frame()
  first.send({ type: 'error', id: refused['id'], code: 'bad_filter', message: 'No.', retryable: false })
  await expect(bad).rejects.toMatchObject({ code: 'bad_filter' })
  first.terminate()
  const { retryInMs } = await reached('waiting')
  const meanwhile = subscription.update({ maxRate: 2 })
  timers.advance(retryInMs)
  const second = await gate.session()
  await second.greet()
  const again = await second.frame()
  expect(again).toMatchObject({ type: 'subscribe', bbox: [60, 61, 24, 25], maxRate: 2 })
  expect(again).not.toHaveProperty('filter')
  second.send(subscribed(again['id']))
  expect(await meanwhile).toEqual(granted)
})

test('a change of what is seen whose snapshot was cut off begins with a snapshot', async () => {
  const gate = await startFakeGate()
  const { client, reached, timers } = openClient(gate.url)
  const snapshots = createInbox<readonly SnapshotItem[]>()
  const subscription = client.subscribe('buses', { snapshot: true, onSnapshot: snapshots.put })
  const first = await gate.session()
  await first.greet()
  const { id } = await first.frame()
  first.send(subscribed(id), { type: 'snapshot', subscription: id, items: [], more: false })
  await snapshots.take()
  const changed = subscription.update({ bbox: [60, 61, 24, 25] })
  const asked = await first.frame()
  first.send({ type: 'updated', id: asked['id'], granted })
  await changed
  first.terminate()
  timers.advance((await reached('waiting')).retryInMs)
  const second = await gate.session()
  await second.greet()
  const again = await second.frame()
  expect(again).toMatchObject({ snapshot: true, bbox: [60, 61, 24, 25] })
  expect(again).not.toHaveProperty('position')
})

test('who comes back says so, and not before the gate said', async () => {
  const gate = await startFakeGate()
  const errors = createInbox<ClientError>()
  const { reached, timers } = openClient(`${gate.url}/ws`, { backoff: { initialMs: 100 }, onError: errors.put })
  const first = await gate.session()
  expect(first.path).toBe('/ws')
  await first.greet()
  await reached('connected')
  first.send({ type: 'error', code: 'overloaded', message: 'No.', retryable: true, retryAfter: 3000 })
  expect(await errors.take()).toMatchObject({ code: 'overloaded' })
  first.close(4009)
  const { retryInMs } = await reached('waiting')
  expect(retryInMs).toBe(3100)
  timers.advance(retryInMs)
  expect((await gate.session()).path).toBe('/ws?resume=1')
})

test('of several gates it takes one after the other', async () => {
  const gates = [await startFakeGate(), await startFakeGate()]
  const { reached, timers } = openClient(
    gates.map(({ url }) => url),
    { random: () => 0 },
  )
  for (const turn of [0, 1, 0]) {
    const session = await gates[turn]?.session()
    await session?.greet()
    expect(await reached('connected')).toMatchObject({ client: 'c' })
    session?.terminate()
    timers.advance((await reached('waiting')).retryInMs)
  }
})

test('a subscription’s own token is asked for each time, and another when it has expired', async () => {
  const gate = await startFakeGate()
  const { client, timers } = openClient(gate.url, { backoff: { initialMs: 100 } })
  let asked = 0
  client.subscribe('buses', { token: async () => `t${++asked}` })
  const session = await gate.session()
  await session.greet()
  const first = await session.frame()
  expect(first).toMatchObject({ token: 't1' })
  const known = createInbox<unknown>()
  client.onNotice(known.put)
  session.send(
    subscribed(first['id']),
    message5,
    { type: 'unsubscribed', subscription: first['id'], code: 'token_expired' },
    { type: 'notice', code: 'fresh' },
  )
  await known.take()
  timers.advance(100)
  expect(await session.frame()).toMatchObject({ type: 'subscribe', token: 't2', position: 'e1.5' })
})

const message5 = { type: 'message', channel: 'buses', data: 1, position: '.5' }
