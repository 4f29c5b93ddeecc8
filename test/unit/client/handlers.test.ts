import { expect, test, vi } from 'vitest'
import { createInbox, message, startFakeGate, subscribed } from './fake-gate.ts'
import { openClient } from './open-client.ts'

/** A handler of whose promises the test is the master. */
function slowHandler() {
  const begun = createInbox<{ readonly data: unknown; readonly end: () => void }>()
  const handler = ({ data }: { readonly data?: unknown }): Promise<void> =>
    new Promise((resolve) => begun.put({ data, end: () => resolve() }))
  return { begun, handler }
}

test('a handler that takes its time is waited for, and so is what comes behind', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url)
  const { begun, handler } = slowHandler()
  const onSnapshot = vi.fn<() => void>()
  client.subscribe('buses', { onMessage: handler, onSnapshot })
  const session = await gate.session()
  await session.greet()
  const { id } = await session.frame()
  session.send(
    subscribed(id),
    message(1, 1),
    message(2, 2),
    { type: 'snapshot', subscription: id, items: [], more: false },
    { type: 'ping' },
  )
  const first = await begun.take()
  expect(first.data).toBe(1)
  first.end()
  const second = await begun.take()
  expect([second.data, onSnapshot.mock.calls.length]).toEqual([2, 0])
  second.end()
  expect(await session.frame()).toEqual({ type: 'pong' })
  expect(onSnapshot).toHaveBeenCalledOnce()
})

test('a ping is answered when what came before it was handled, in all subscriptions', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url)
  const [slow, slower] = [slowHandler(), slowHandler()]
  client.subscribe('buses', { onMessage: slow.handler })
  client.subscribe('trams', { onMessage: slower.handler })
  const session = await gate.session()
  await session.greet()
  const ids = [(await session.frame())['id'], (await session.frame())['id']]
  session.send(subscribed(ids[0]), subscribed(ids[1], { channel: 'trams' }))
  session.send(message(1, 1), message(2, 2, { channel: 'trams' }), { type: 'ping' })
  ;(await slow.begun.take()).end()
  const last = await slower.begun.take()
  const asked = client.presence('buses')
  // Whatever was sent before this request would have come first.
  const question = await session.frame()
  expect(question).toMatchObject({ type: 'presence' })
  session.send({ type: 'presence', id: question['id'], clients: [], more: false })
  await asked
  last.end()
  expect(await session.frame()).toEqual({ type: 'pong' })
})

test('what waited for a handler when the connection ended comes again, what the handler had does not', async () => {
  const gate = await startFakeGate()
  const { client, reached, timers } = openClient(gate.url)
  const { begun, handler } = slowHandler()
  client.subscribe('buses', { onMessage: handler })
  const first = await gate.session()
  await first.greet()
  first.send(subscribed((await first.frame())['id']), message(1, 1), message(2, 2))
  const one = await begun.take()
  first.terminate()
  timers.advance((await reached('waiting')).retryInMs)
  const second = await gate.session()
  await second.greet()
  await reached('connected')
  one.end()
  const again = await second.frame()
  expect(again).toMatchObject({ type: 'subscribe', position: 'e1.1' })
  second.send(subscribed(again['id'], { position: 'e1.1', recovered: true }), message(2, 2))
  expect((await begun.take()).data).toBe(2)
})

test('a promise that is rejected is reported and holds nobody up', async () => {
  const gate = await startFakeGate()
  const errors = createInbox<{ readonly code: string }>()
  const { client } = openClient(gate.url, { onError: errors.put })
  const heard = createInbox<unknown>()
  client.subscribe('buses', {
    async onMessage({ data }) {
      heard.put(data)
      await Promise.reject(new Error('mine'))
    },
  })
  const session = await gate.session()
  await session.greet()
  session.send(subscribed((await session.frame())['id']), message(1, 1), message(2, 2))
  expect([await heard.take(), await heard.take()]).toEqual([1, 2])
  expect(await errors.take()).toMatchObject({ code: 'handler_failed' })
})

test('handlers too far behind end the connection, and all of it comes again', async () => {
  const gate = await startFakeGate()
  const { client, reached, timers } = openClient(gate.url, { maxBacklog: 1000, WebSocket: await withoutPause() })
  const { begun, handler } = slowHandler()
  client.subscribe('buses', { onMessage: handler })
  const session = await gate.session()
  await session.greet()
  session.send(subscribed((await session.frame())['id']))
  for (let n = 1; n <= 20; n++) session.send(message('x'.repeat(100), n))
  const { retryInMs, reason } = await reached('waiting')
  expect(reason).toBe('the handlers are too far behind')
  ;(await begun.take()).end()
  timers.advance(retryInMs)
  const second = await gate.session()
  await second.greet()
  expect(await second.frame()).toMatchObject({ type: 'subscribe', position: 'e1.1' })
})

test('a socket that can be paused is read no further than handlers take', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url, { maxBacklog: 100_000 })
  const { begun, handler } = slowHandler()
  client.subscribe('buses', { onMessage: handler })
  const session = await gate.session()
  await session.greet()
  session.send(subscribed((await session.frame())['id']))
  const count = 3000
  for (let n = 1; n <= count; n++) session.send(message(`${n} ${'x'.repeat(100)}`, n))
  for (let n = 1; n <= count; n++) {
    const { data, end } = await begun.take()
    expect(String(data)).toMatch(new RegExp(`^${n} `))
    end()
  }
  expect(client.state.state).toBe('connected')
})

/** As a browser's. */
async function withoutPause() {
  const { WebSocket } = await import('ws')
  return class extends WebSocket {
    constructor(url: string, protocols?: string) {
      super(url, protocols)
      Object.assign(this, { pause: undefined })
    }
  }
}
