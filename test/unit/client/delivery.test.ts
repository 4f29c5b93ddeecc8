import { createDelta } from 'fossil-delta'
import { expect, test } from 'vitest'
import type { Batch, Message } from '../../../src/client/index.ts'
import { createInbox, message, startFakeGate, subscribed } from './fake-gate.ts'
import { openClient } from './open-client.ts'

const patch = (base: string, text: string): string =>
  Buffer.from(createDelta([...Buffer.from(base)], [...Buffer.from(text)])).toString()

test('asks for what it was told to', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url)
  const asked = {
    from: '-10m',
    delivery: 'latest',
    maxRate: 5,
    maxBandwidth: 1000,
    filter: 'value.speed > 3',
    bbox: [60, 61, 24, 25],
  } as const
  client.subscribe('buses', asked)
  const session = await gate.session()
  await session.greet()
  expect(await session.frame()).toMatchObject({ type: 'subscribe', channel: 'buses', ...asked })
})

test('a delta is given whole, also after one that was not a delta', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url)
  const seen = createInbox<unknown>()
  client.subscribe('buses', { delta: 'fossil', onMessage: ({ data }) => seen.put(data) })
  const session = await gate.session()
  await session.greet()
  const asked = await session.frame()
  expect(asked).toMatchObject({ delta: 'fossil' })
  const texts = ['one', 'two', 'three'].map((name) => JSON.stringify({ name, rest: 'ä€😀'.repeat(20) }))
  const [first = '', second = '', third = ''] = texts
  session.send(
    subscribed(asked['id']),
    message(first, 1, { delta: false }),
    message(patch(first, second), 2, { delta: true }),
    message(third, 3, { delta: false }),
    message(patch(third, first), 4, { delta: true }),
  )
  for (const name of ['one', 'two', 'three', 'one']) expect(await seen.take()).toMatchObject({ name })
})

test('after a delta that does not fit it begins anew after the last message, the fourth time without deltas', async () => {
  const gate = await startFakeGate()
  const { client, timers } = openClient(gate.url, { backoff: { initialMs: 100, maxMs: 100 } })
  const seen = createInbox<unknown>()
  const errors = createInbox<{ readonly code: string }>()
  client.subscribe('buses', { delta: 'fossil', onMessage: ({ data }) => seen.put(data), onError: errors.put })
  const session = await gate.session()
  await session.greet()
  let asked = await session.frame()
  for (let n = 1; n <= 3; n++) {
    const position = n === 1 ? 'e1.0' : `e1.${n - 1}`
    session.send(
      subscribed(asked['id'], { position, recovered: n > 1 }),
      message(`"${n}"`, n, { delta: false }),
      message(patch('x'.repeat(50), 'x'.repeat(51)), 99, { delta: true }),
      message('"too late"', 100, { delta: false }),
    )
    expect(await seen.take()).toBe(String(n))
    expect(await errors.take()).toMatchObject({ code: 'delta_mismatch', retryable: true })
    expect(await session.frame()).toMatchObject({ type: 'unsubscribe', subscription: asked['id'] })
    timers.advance(100)
    asked = await session.frame()
    expect(asked).toMatchObject({ type: 'subscribe', position: `e1.${n}` })
    expect(Object.hasOwn(asked, 'delta')).toBe(n < 3)
  }
})

test('a pattern is told of its channels, each by its name', async () => {
  const gate = await startFakeGate()
  const { client, reached, timers } = openClient(gate.url)
  const seen = createInbox<Message>()
  const subscription = client.subscribe('bus:*', { onMessage: seen.put })
  client.subscribe('tram:1', {})
  const first = await gate.session()
  await first.greet()
  const [buses, trams] = [await first.frame(), await first.frame()]
  first.send(
    subscribed(buses['id'], { channel: 'bus:*' }),
    subscribed(trams['id'], { channel: 'tram:1', position: 'f1.0' }),
    message(1, 1, { channel: 'bus:7' }),
    message(2, 2, { channel: 'bus:8:doors' }),
    message(3, 3, { channel: 'tram:1' }),
    { type: 'position', channel: 'bus:*', position: 'e2.9' },
    message(4, 10, { channel: 'bus:7' }),
  )
  const all = [await seen.take(), await seen.take(), await seen.take()]
  expect(all.map(({ channel, data, position }) => [channel, data, position])).toEqual([
    ['bus:7', 1, 'e1.1'],
    ['bus:8:doors', 2, 'e1.2'],
    ['bus:7', 4, 'e2.10'],
  ])
  expect(subscription.position).toBe('e2.10')
  first.terminate()
  timers.advance((await reached('waiting')).retryInMs)
  const second = await gate.session()
  await second.greet()
  expect(await second.frame()).toMatchObject({ channel: 'bus:*', position: 'e2.10' })
})

test('keeps the last value of each key, and none of what is gone or deleted', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url)
  const states = createInbox<string>()
  const gone = createInbox<unknown>()
  const subscription = client.subscribe<{ v: number }>('buses', {
    onState: (state) => states.put([...state.values()].map(({ key, data }) => `${key}=${data.v}`).join()),
    onGone: gone.put,
  })
  const session = await gate.session()
  await session.greet()
  const asked = await session.frame()
  expect(asked).toMatchObject({ snapshot: true })
  const { id } = asked
  const items = ['a', 'b'].map((key) => ({ channel: 'buses', key, data: { v: 1 } }))
  session.send(
    subscribed(id),
    { type: 'snapshot', subscription: id, items, more: false },
    message({ v: 2 }, 1, { key: 'a' }),
    message({ v: 3 }, 2, { key: 'c' }),
    { type: 'message', channel: 'buses', key: 'b', deleted: true },
    { type: 'gone', subscription: id, channel: 'buses', key: 'a' },
    { type: 'batch', channel: 'buses', key: 'c', items: [{ data: { v: 4 } }, { data: { v: 5 } }] },
  )
  for (const state of ['a=1,b=1', 'a=2,b=1', 'a=2,b=1,c=3', 'a=2,c=3', 'c=3', 'c=5'])
    expect(await states.take()).toBe(state)
  expect(await gone.take()).toEqual({ channel: 'buses', key: 'a' })
  expect([...(subscription.state?.keys() ?? [])]).toEqual(['c'])
})

test('a state beyond the limit ends its subscription', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url, { maxSnapshotEntries: 1 })
  const errors = createInbox<{ readonly code: string }>()
  client.subscribe('buses', { onState: () => undefined, onError: errors.put })
  const session = await gate.session()
  await session.greet()
  const { id } = await session.frame()
  session.send(subscribed(id), message(1, 1, { key: 'a' }), message(1, 2, { key: 'b' }))
  expect(await errors.take()).toMatchObject({ code: 'snapshot_too_large' })
  expect(await session.frame()).toMatchObject({ type: 'unsubscribe', subscription: id })
})

test('a batch is given whole to who asks for it, else one after the other', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url)
  const batches = createInbox<Batch>()
  const seen = createInbox<Message>()
  client.subscribe('buses', { delivery: 'batch', onBatch: batches.put })
  client.subscribe('trams', { delivery: 'batch', onMessage: seen.put })
  const session = await gate.session()
  await session.greet()
  const ids = [(await session.frame())['id'], (await session.frame())['id']]
  const items = [{ data: 1 }, { deleted: true }]
  session.send(subscribed(ids[0]), subscribed(ids[1], { channel: 'trams' }))
  for (const channel of ['buses', 'trams']) session.send({ type: 'batch', channel, key: '7', items })
  expect(await batches.take()).toEqual({
    channel: 'buses',
    key: '7',
    items: [
      { data: 1, deleted: false },
      { data: undefined, deleted: true },
    ],
  })
  expect(await seen.take()).toMatchObject({ key: '7', data: 1, deleted: false })
  expect(await seen.take()).toMatchObject({ key: '7', deleted: true })
})
