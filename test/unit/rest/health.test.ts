import { expect, test, vi } from 'vitest'
import type { Clock } from '#api'
import { refusal, restClient } from '../../conformance/rest-client.ts'
import { memoryHerder } from './memory-herder.ts'

const never = async () => new Promise<never>(() => undefined)
/** A clock on which waits up to 10 s are over at once and others never end. */
const hasty: Clock = { now: () => 0, sleep: async (ms) => (ms <= 10_000 ? undefined : never()) }

test('is healthy once the worker is ready', async () => {
  let ready = false
  const rest = restClient(memoryHerder(), { ready: () => ready })
  const starting = expect.stringContaining('Worker is still starting up.')
  expect(await rest.get('/health')).toMatchObject({ status: 503, json: { status: 'starting', message: starting } })
  ready = true
  const message = 'Worker has completed startup and is ready to handle requests.'
  expect(await rest.get('/health')).toMatchObject({ status: 200, json: { status: 'healthy', message } })
})

test('is ready when it says so, and says what it waits for else', async () => {
  let readiness = { ready: false, reason: 'It has not joined its cluster yet.' }
  const rest = restClient(memoryHerder(), { ready: () => true, readiness: () => readiness })
  expect(await rest.get('/ready')).toMatchObject({ status: 503, json: readiness })
  expect(await rest.get('/health')).toMatchObject({ status: 200 })
  readiness = { ready: true, reason: 'It runs.' }
  expect(await rest.get('/ready')).toMatchObject({ status: 200, json: readiness })
})

test('is ready when it has started, where nothing else is to wait for', async () => {
  let ready = false
  const rest = restClient(memoryHerder(), { ready: () => ready })
  expect(await rest.get('/ready')).toMatchObject({ status: 503, json: { ready: false } })
  ready = true
  expect(await rest.get('/ready')).toMatchObject({ status: 200, json: { ready: true } })
})

test('answers only what is about itself while it is starting, without a herder', async () => {
  let starting: string | undefined = 'This worker is still reading its topics; ask again soon.'
  const herder = memoryHerder()
  const given = () => {
    if (starting !== undefined) throw new Error('There is no herder yet.')
    return herder
  }
  const rest = restClient(given, { starting: () => starting, ready: () => starting === undefined })
  for (const [method, path] of [
    ['GET', '/'],
    ['GET', '/connectors'],
    ['POST', '/connectors'],
    ['PUT', '/connectors/x/fence'],
  ] as const)
    expect(await rest.send(method, path)).toMatchObject(refusal(503, /^This worker is still reading its topics/))
  expect(await rest.get('/nowhere')).toMatchObject({ status: 404 })
  expect(await rest.get('/health')).toMatchObject({ status: 503, json: { status: 'starting' } })
  expect(await rest.get('/ready')).toMatchObject({ status: 503 })
  expect(await rest.get('/openapi.json')).toMatchObject({ status: 200 })
  starting = undefined
  expect(await rest.get('/connectors')).toMatchObject({ status: 200, json: [] })
})

test('is unhealthy when the herder does not answer in time, or fails', async () => {
  const message = expect.stringMatching(/^Worker was unable to handle this request/)
  const stuck = restClient(memoryHerder({ connectors: never }), { clock: hasty })
  const failing = restClient(memoryHerder({ connectors: async () => Promise.reject(new Error('gone')) }))
  for (const rest of [stuck, failing])
    expect(await rest.get('/health')).toMatchObject({ status: 500, json: { status: 'unhealthy', message } })
})

test('a request that takes too long is answered 500, and its late failure is logged', async () => {
  const lines: string[] = []
  const log = {
    debug() {},
    info() {},
    warn() {},
    error: (_: object, line: string) => lines.push(line),
    child: () => log,
  }
  let fail: ((error: Error) => void) | undefined
  const connectorInfo = async () => new Promise<never>((_, reject) => (fail = reject))
  const rest = restClient(memoryHerder({ connectorInfo }), { clock: hasty, log, requestTimeoutMs: 70 })
  expect(await rest.get('/connectors/x')).toMatchObject(refusal(500, /^Request timed out\. .* within 70 ms/))
  fail?.(new Error('late'))
  await vi.waitFor(() => expect(lines).toEqual(['request failed', 'request failed after its time limit']), 15_000)
})
