import { expect, test } from 'vitest'
import type { Preview } from '../../../src/herder/herder.ts'
import { refusal, restClient } from '../../conformance/rest-client.ts'
import { memoryHerder } from './memory-herder.ts'

const nowhere = refusal(404, /^HTTP 404 Not Found$/)

test('serves /admin alone, or all but /admin', async () => {
  const admin = restClient(memoryHerder(), { resources: 'admin' })
  const main = restClient(memoryHerder(), { resources: 'main' })
  expect(await admin.get('/admin/loggers')).toMatchObject({ status: 200 })
  expect(await main.get('/admin/loggers')).toMatchObject(nowhere)
  for (const path of ['/', '/connectors', '/health', '/openapi.json']) {
    expect(await main.get(path)).toMatchObject({ status: 200 })
    expect(await admin.get(path)).toMatchObject(nowhere)
  }
  const { paths } = (await main.get('/openapi.json')).json as { paths: object }
  expect(Object.keys(paths)).not.toContain('/admin/loggers')
})

test('hands Prometheus the metrics, whatever it accepts, and 404 where none are kept', async () => {
  const contentType = 'text/plain; version=0.0.4; charset=utf-8'
  const rest = restClient(memoryHerder(), { metrics: { contentType, text: async () => 'up 1\n' } })
  const answer = await rest.send('GET', '/metrics', undefined, { accept: 'application/openmetrics-text' })
  expect(answer).toMatchObject({ status: 200, text: 'up 1\n', headers: { 'content-type': contentType } })
  expect(await restClient(memoryHerder()).get('/metrics')).toMatchObject(nowhere)
})

test('a connector that works nothing off looks bad to a probe', async () => {
  const health = { ...(await aHealth()), status: 'unhealthy' as const }
  const rest = restClient(memoryHerder({ health: async () => health }))
  expect(await rest.get('/connectors/x/health')).toMatchObject({ status: 503, json: { status: 'unhealthy' } })
  const degraded = restClient(memoryHerder({ health: async () => ({ ...health, status: 'degraded' }) }))
  expect(await degraded.get('/connectors/x/health')).toMatchObject({ status: 200, json: { status: 'degraded' } })
})

const aHealth = async () => ({
  message: 'All tasks failed.',
  tasks: { running: 0, failed: 1, paused: 0, other: 0 },
  restarts: { count: 2, nextAt: 5 },
})

test('offsets keep every digit, in both directions', async () => {
  const rest = restClient(memoryHerder())
  await rest.create('x', { 'connector.class': 'MemorySink' }, { initial_state: 'STOPPED' })
  const offsets =
    '{"offsets":[{"partition":{"p":12345678901234567890,"q":1.5},"offset":{"position":-9007199254740993}}]}'
  expect(await rest.send('PATCH', '/connectors/x/offsets', offsets)).toMatchObject({ status: 200 })
  expect((await rest.get('/connectors/x/offsets')).text).toBe(offsets)
})

test('an offset that is null or left out forgets its partition', async () => {
  let seen: unknown
  const alterOffsets = async (_: string, offsets: unknown) => {
    seen = offsets
    return 'done'
  }
  const rest = restClient(memoryHerder({ alterOffsets }))
  const body = { offsets: [{ partition: { a: 1 } }, { partition: { a: 2 }, offset: null }] }
  expect(await rest.send('PATCH', '/connectors/x/offsets', body)).toMatchObject({ json: { message: 'done' } })
  expect(seen).toEqual([
    { partition: { a: 1 }, offset: null },
    { partition: { a: 2 }, offset: null },
  ])
})

test('asks the herder for ten records unless told otherwise', async () => {
  const limits: number[] = []
  const preview = async (_: unknown, { limit }: { limit: number }): Promise<Preview> => {
    limits.push(limit)
    return { records: [], warnings: ['an ümlaut'] }
  }
  const rest = restClient(memoryHerder({ preview }))
  const body = { 'connector.class': 'MemorySink' }
  const answer = await rest.send('POST', '/connector-plugins/MemorySink/preview', body)
  for (const limit of [1, 1000]) await rest.send('POST', `/connector-plugins/MemorySink/preview?limit=${limit}`, body)
  expect(limits).toEqual([10, 1, 1000])
  expect(answer.headers['x-tidegate-warning']).toEqual(['an %C3%BCmlaut'])
})
