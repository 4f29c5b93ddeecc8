import { EventEmitter, once } from 'node:events'
import { expect, test } from 'vitest'
import type { Ingress, IngressAnswer } from '#api'
import { createDeduplicator } from '../../../../src/connectors/websocket/deduplicate.ts'

const ok: IngressAnswer = { ok: true }
const later: IngressAnswer = { ok: false, code: 'busy', message: '', retryable: true }
const never: IngressAnswer = { ok: false, code: 'invalid', message: '', retryable: false }

function setUp(maxProducers = 10) {
  const deduplicate = createDeduplicator(maxProducers)
  const accepted: number[] = []
  const send = (messageId: number, answer: IngressAnswer | Promise<IngressAnswer> = ok, from: Partial<Ingress> = {}) =>
    deduplicate({ channel: 'a', data: '1', client: 'c', session: 's', receivedAt: 0, messageId, ...from }, async () => {
      accepted.push(messageId)
      return answer
    })
  return { send, accepted }
}

test('answers what was stored with duplicate, also for lower ids', async () => {
  const { send, accepted } = setUp()
  for (const id of [3, 5]) expect(await send(id)).toEqual(ok)
  for (const id of [5, 3]) expect(await send(id)).toEqual({ ok: true, duplicate: true })
  expect(accepted).toEqual([3, 5])
})

test('never calls a duplicate what was not stored: a lower id that comes for the first time is refused for good', async () => {
  const { send, accepted } = setUp()
  await send(200)
  expect(await send(150)).toMatchObject({ ok: false, code: 'unknown_message_id', retryable: false })
  expect(await send(200)).toEqual({ ok: true, duplicate: true })
  expect(accepted).toEqual([200])
})

test('never calls a duplicate what was refused so long ago that the answer is forgotten', async () => {
  const { send } = setUp()
  for (let id = 1; id <= 66; id++) await send(id, never)
  expect(await send(1)).toMatchObject({ ok: false, code: 'unknown_message_id', retryable: false })
  expect(await send(66)).toEqual(never)
})

test('sessions, which anybody can open, push out no producer', async () => {
  const { send, accepted } = setUp(2)
  await send(1, ok, { producer: 'p' })
  for (const session of ['a', 'b', 'c']) await send(1, ok, { session })
  expect(await send(1, ok, { producer: 'p' })).toEqual({ ok: true, duplicate: true })
  expect(accepted).toHaveLength(4)
})

test('a client whose name has a line break is not another client', async () => {
  const { send } = setUp()
  await send(1, ok, { client: 'a\nb', producer: 'c' })
  expect(await send(1, ok, { client: 'a', producer: 'b\nc' })).toEqual(ok)
})

test('joins a resend to the sending that waits', async () => {
  const { send, accepted } = setUp()
  const answers = new EventEmitter()
  const first = send(
    1,
    once(answers, 'given').then(([answer]) => answer as IngressAnswer),
  )
  const second = send(1)
  answers.emit('given', ok)
  expect(await Promise.all([first, second])).toEqual([ok, ok])
  expect(accepted).toEqual([1])
})

test('refuses higher ids behind a retryable error until each was sent again', async () => {
  const { send, accepted } = setUp()
  await send(1)
  expect(await send(2, later)).toEqual(later)
  expect(await send(3)).toMatchObject({ code: 'out_of_order', retryable: true })
  expect(await send(4)).toMatchObject({ code: 'out_of_order' })
  expect(await send(1)).toEqual({ ok: true, duplicate: true })
  expect(await send(2)).toEqual(ok)
  expect(await send(4)).toMatchObject({ code: 'out_of_order' })
  expect(await send(3)).toEqual(ok)
  expect(await send(4)).toEqual(ok)
  expect(accepted).toEqual([1, 2, 2, 3, 4])
})

test('takes a failed id again although a higher one was stored meanwhile', async () => {
  const { send, accepted } = setUp()
  const answers = new EventEmitter()
  const first = send(
    1,
    once(answers, 'given').then(([answer]) => answer as IngressAnswer),
  )
  await send(2)
  answers.emit('given', later)
  await first
  expect(await send(1)).toEqual(ok)
  expect(await send(2)).toEqual({ ok: true, duplicate: true })
  expect(accepted).toEqual([1, 2, 1])
})

test('repeats a final error instead of calling the message stored', async () => {
  const { send } = setUp()
  expect(await send(1, never)).toEqual(never)
  expect(await send(2)).toEqual(ok)
  expect(await send(1)).toEqual(never)
})

test('tells producers and anonymous sessions apart', async () => {
  const { send, accepted } = setUp()
  await send(1)
  expect(await send(1, ok, { session: 't' })).toEqual(ok)
  expect(await send(1, ok, { producer: 'p' })).toEqual(ok)
  expect(await send(1, ok, { producer: 'p', session: 't' })).toEqual({ ok: true, duplicate: true })
  expect(await send(1, ok, { producer: 'p', client: 'd' })).toEqual(ok)
  expect(accepted).toHaveLength(4)
})

test('forgets the least recently seen producer that waits for nothing', async () => {
  const { send, accepted } = setUp(2)
  void send(1, new Promise(() => undefined), { session: 'waits' })
  await send(1, ok, { session: 'a' })
  await send(1, ok, { session: 'b' })
  await send(1, ok, { session: 'a' })
  expect(accepted).toHaveLength(4)
  void send(1, ok, { session: 'waits' })
  expect(accepted).toHaveLength(4)
})
