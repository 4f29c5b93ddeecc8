import { expect, test } from 'vitest'
import { startFakeGate } from './fake-gate.ts'
import { openClient } from './open-client.ts'

test('resolves with the answer and rejects with the code, the field and whether to try again', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url)
  const good = client.publish('report:7', { text: 'late' }, { key: '7', messageId: 3 })
  const bad = client.publish('report:7', { text: 9 })
  const session = await gate.session()
  await session.greet()
  const first = await session.frame()
  const second = await session.frame()
  expect(first).toMatchObject({ type: 'publish', channel: 'report:7', data: { text: 'late' }, key: '7', messageId: 3 })
  session.send(
    { type: 'error', id: second['id'], code: 'schema_mismatch', message: 'No.', field: 'text', retryable: false },
    { type: 'published', id: first['id'], duplicate: true },
  )
  expect(await good).toMatchObject({ duplicate: true })
  await expect(bad).rejects.toMatchObject({ code: 'schema_mismatch', field: 'text', retryable: false, message: 'No.' })
})

test('after a break resends the numbered ones in order and rejects the others as disconnected', async () => {
  const gate = await startFakeGate()
  const { client, reached, timers } = openClient(gate.url)
  const first = await gate.session()
  await first.greet()
  await reached('connected')
  const numbered = [2, 1].map((messageId) => client.publish('report:7', messageId, { messageId }))
  const plain = client.publish('report:7', 'x')
  const outcome = plain.catch((error: unknown) => error)
  for (let n = 0; n < 3; n++) await first.frame()
  first.terminate()
  expect(await outcome).toMatchObject({ code: 'disconnected', retryable: true })
  const { retryInMs } = await reached('waiting')
  await expect(client.publish('report:7', 'y')).rejects.toMatchObject({ code: 'disconnected' })
  numbered.push(client.publish('report:7', 3, { messageId: 3 }))
  timers.advance(retryInMs)

  const second = await gate.session()
  await second.greet()
  for (const messageId of [1, 2, 3]) {
    const frame = await second.frame()
    expect(frame).toMatchObject({ type: 'publish', messageId })
    second.send({ type: 'published', id: frame['id'] })
  }
  expect(await Promise.all(numbered)).toHaveLength(3)
})

test('never sends so many that the gate stops reading', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url)
  const all = [1, 2, 3].map((data) => client.publish('report:7', data))
  const session = await gate.session()
  await session.greet({ limits: { publishWindow: 2 } })
  for (const data of [1, 2, 3]) {
    const frame = await session.frame()
    expect(frame).toMatchObject({ type: 'publish', data })
    session.send({ type: 'ping' })
    expect(await session.frame()).toEqual({ type: 'pong' })
    session.send({ type: 'published', id: frame['id'] })
  }
  expect(await Promise.all(all)).toHaveLength(3)
})

test('holds no more publishes than the limit', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url, { maxPending: 1 })
  const first = client.publish('report:7', 1)
  await expect(client.publish('report:7', 2)).rejects.toMatchObject({ code: 'too_many_pending', retryable: true })
  client.close()
  await expect(first).rejects.toMatchObject({ code: 'closed' })
})

test('what is no JSON is rejected at once and never comes between the client and the gate', async () => {
  const gate = await startFakeGate()
  const { client, reached, timers } = openClient(gate.url)
  const first = await gate.session()
  await first.greet()
  await reached('connected')
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  await expect(client.publish('report:7', { v: 1n }, { messageId: 1 })).rejects.toThrow(TypeError)
  await expect(client.publish('report:7', circle)).rejects.toThrow(TypeError)
  const data = { v: 'as it was' }
  const good = client.publish('report:7', data, { messageId: 2 })
  data.v = 'changed later'
  await first.frame()
  first.terminate()
  timers.advance((await reached('waiting')).retryInMs)
  const second = await gate.session()
  await second.greet()
  const frame = await second.frame()
  expect(frame).toMatchObject({ type: 'publish', messageId: 2, data: { v: 'as it was' } })
  second.send({ type: 'published', id: frame['id'] })
  expect(await good).toMatchObject({ duplicate: false })
})

test('sends a numbered one that is refused for a while again when the gate said, before those behind it', async () => {
  const gate = await startFakeGate()
  const { client, reached, timers } = openClient(gate.url, { producer: 'p' })
  const session = await gate.session()
  await session.greet()
  await reached('connected')
  const numbered = [1, 2].map((messageId) => client.publish('report:7', messageId, { messageId }))
  for (const retryAfter of [500, undefined]) {
    const { id } = await session.frame()
    session.send({ type: 'error', id, code: 'busy', message: 'No.', retryable: true, retryAfter })
  }
  // What comes after it on the same socket is read after it.
  const plain = client.publish('report:7', 'plain')
  const between = await session.frame()
  session.send({ type: 'published', id: between['id'] })
  await plain
  numbered.push(client.publish('report:7', 3, { messageId: 3 }))
  timers.advance(500)
  for (const messageId of [1, 2, 3]) {
    const frame = await session.frame()
    expect(frame).toMatchObject({ type: 'publish', messageId })
    session.send({ type: 'published', id: frame['id'] })
  }
  expect(await Promise.all(numbered)).toHaveLength(3)
})

test('rejects a numbered one that is refused for good, and goes on', async () => {
  const gate = await startFakeGate()
  const { client } = openClient(gate.url)
  const bad = client.publish('report:7', 1, { messageId: 1 })
  const good = client.publish('report:7', 2, { messageId: 2 })
  const session = await gate.session()
  await session.greet()
  const first = await session.frame()
  session.send({ type: 'error', id: first['id'], code: 'invalid', message: 'No.', retryable: false })
  await expect(bad).rejects.toMatchObject({ code: 'invalid' })
  session.send({ type: 'published', id: (await session.frame())['id'] })
  expect(await good).toMatchObject({ duplicate: false })
})
