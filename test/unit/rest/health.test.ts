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
  await vi.waitFor(() => expect(lines).toEqual(['request failed', 'request failed after its time limit']))
})
