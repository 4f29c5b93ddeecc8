import { expect, test, vi } from 'vitest'
import { type ClientError, connect } from '../../../src/client/index.ts'
import { startFakeGate } from './fake-gate.ts'
import { openClient } from './open-client.ts'

test('introduces itself with token and producer, and tells who the gate says it is', async () => {
  const gate = await startFakeGate()
  const { reached } = openClient(gate.url, { token: async () => 't1', producer: 'bus-7' })
  const session = await gate.session()
  expect(await session.greet({ client: 'anna', exactlyOnce: true })).toMatchObject({
    type: 'connect',
    token: 't1',
    producer: 'bus-7',
  })
  expect(await reached('connected')).toEqual({ state: 'connected', client: 'anna', session: 's', exactlyOnce: true })
})

test('comes back after 4000–4499 and abnormal ends, after a delay that grows', async () => {
  const gate = await startFakeGate()
  const { reached, timers } = openClient(gate.url, { backoff: { initialMs: 100, maxMs: 300 } })
  const delays: number[] = []
  for (const end of [4000, 4499, 1001, 'terminate'] as const) {
    const session = await gate.session()
    await session.greet()
    await reached('connected')
    if (end === 'terminate') session.terminate()
    else session.close(end)
    const { retryInMs, code } = await reached('waiting')
    expect(code).toBe(end === 'terminate' ? 1006 : end)
    delays.push(retryInMs)
    timers.advance(retryInMs)
  }
  expect(delays).toEqual([100, 200, 300, 300])
})

test('a connection that lived for a while starts the back-off anew', async () => {
  const gate = await startFakeGate()
  const { reached, timers } = openClient(gate.url, { backoff: { initialMs: 100 } })
  for (let life = 0; life < 3; life++) {
    const session = await gate.session()
    await session.greet()
    await reached('connected')
    timers.advance(6000)
    session.terminate()
    expect((await reached('waiting')).retryInMs).toBe(100)
    timers.advance(100)
  }
})

test('does not come back after 4500–4999', async () => {
  const gate = await startFakeGate()
  const { client, reached } = openClient(gate.url)
  const session = await gate.session()
  await session.greet()
  session.close(4500)
  expect((await reached('closed')).code).toBe(4500)
  expect(() => client.subscribe('bus:7', {})).toThrow('closed')
  await expect(client.publish('report:7', {})).rejects.toMatchObject({ code: 'closed', retryable: false })
})

test.each([4501, 4502])('brings another token after %i, and gives up after five in a row', async (refusal) => {
  const gate = await startFakeGate()
  let asked = 0
  const { reached, timers } = openClient(gate.url, { token: () => `t${++asked}` })
  const refuse = async (number: number) => {
    const session = await gate.session()
    expect(await session.frame()).toMatchObject({ type: 'connect', token: `t${number}` })
    session.close(refusal)
  }
  for (const number of [1, 2, 3, 4]) {
    await refuse(number)
    timers.advance((await reached('waiting')).retryInMs)
  }
  const good = await gate.session()
  await good.greet()
  await reached('connected')
  timers.advance(6000)
  good.close(refusal)
  for (const number of [6, 7, 8, 9]) {
    const { retryInMs, code } = await reached('waiting')
    expect(code).toBe(refusal)
    timers.advance(retryInMs)
    await refuse(number)
  }
  expect(await reached('closed')).toMatchObject({ code: refusal })
})

test('a token that is a text does not get better', async () => {
  const gate = await startFakeGate()
  const { reached } = openClient(gate.url, { token: 't' })
  const session = await gate.session()
  await session.frame()
  session.close(4502)
  expect(await reached('closed')).toMatchObject({ code: 4502 })
})

test('a draining gate is left when it said, and come back to at once', async () => {
  const gate = await startFakeGate()
  const { client, reached, timers } = openClient(gate.url, { backoff: { initialMs: 100 } })
  const session = await gate.session()
  await session.greet()
  const noticed = new Promise((resolve) => client.onNotice(resolve))
  session.send({ type: 'notice', code: 'draining', reconnectAfter: 4000 })
  await noticed
  timers.advance(3999)
  expect(client.state.state).toBe('connected')
  timers.advance(1)
  expect(await reached('waiting')).toMatchObject({ retryInMs: 100 })
})

test('a draining gate that closes early is not come back to before it said', async () => {
  const gate = await startFakeGate()
  const { client, reached, timers } = openClient(gate.url, { backoff: { initialMs: 100 } })
  const session = await gate.session()
  await session.greet()
  const noticed = new Promise((resolve) => client.onNotice(resolve))
  session.send({ type: 'notice', code: 'draining', reconnectAfter: 4000 })
  await noticed
  timers.advance(1000)
  session.close(4001)
  expect(await reached('waiting')).toMatchObject({ retryInMs: 3100 })
})

test('answers a ping, and gives up on a gate that has said nothing for interval and time-out', async () => {
  const gate = await startFakeGate()
  const { client, reached, timers } = openClient(gate.url)
  const session = await gate.session()
  await session.greet({ ping: { interval: 1000, timeout: 500 } })
  await reached('connected')
  timers.advance(1400)
  session.send({ type: 'ping' })
  expect(await session.frame()).toEqual({ type: 'pong' })
  timers.advance(1499)
  expect(client.state.state).toBe('connected')
  timers.advance(1)
  expect(await reached('waiting')).toMatchObject({ reason: 'nothing came from the gate for too long' })
})

test('gives up on a gate that does not answer the connect frame, later each time up to four times as late', async () => {
  const gate = await startFakeGate()
  const { client, reached, timers } = openClient(gate.url, { connectTimeoutMs: 2000 })
  for (const patience of [2000, 4000, 8000, 8000]) {
    const session = await gate.session()
    await session.frame()
    timers.advance(patience - 1)
    expect(client.state.state).toBe('connecting')
    timers.advance(1)
    const { reason, retryInMs } = await reached('waiting')
    expect(reason).toBe('the gate did not answer in time')
    timers.advance(retryInMs)
  }
})

test('text that is no frame ends the connection, so that nothing is lost unseen', async () => {
  const gate = await startFakeGate()
  const { reached } = openClient(gate.url)
  const session = await gate.session()
  await session.greet()
  session.sendText('{"type":')
  expect(await reached('waiting')).toMatchObject({ reason: 'the gate sent what is no frame' })
})

test('brings a new token when the old one expires', async () => {
  const gate = await startFakeGate()
  const tokens = ['t1', 't2']
  openClient(gate.url, { token: () => tokens.shift() })
  const session = await gate.session()
  await session.greet()
  session.send({ type: 'notice', code: 'expiring', at: 1 })
  expect(await session.frame()).toMatchObject({ type: 'refresh', token: 't2' })
})

test('a token that cannot be had is reported and asked for again later', async () => {
  const gate = await startFakeGate()
  const onError = vi.fn<(error: ClientError) => void>()
  const { reached } = openClient(gate.url, { token: () => Promise.reject(new Error('no login')), onError })
  await reached('waiting')
  expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: 'token_unavailable', retryable: true }))
})

test('close is final and may be called twice', async () => {
  const gate = await startFakeGate()
  const { client, reached, timers } = openClient(gate.url)
  const session = await gate.session()
  await session.greet()
  await reached('connected')
  client.close()
  client.close()
  timers.advance(60_000)
  expect(client.state).toEqual({ state: 'closed', code: 1000, reason: 'closed by the client' })
})

test('says what is missing where there is no WebSocket', () => {
  vi.stubGlobal('WebSocket', undefined)
  expect(() => connect('ws://127.0.0.1:1')).toThrow('pass a constructor as options.WebSocket')
  vi.unstubAllGlobals()
})
