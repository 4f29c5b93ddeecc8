import { expect, test } from 'vitest'
import type { RestOptions } from '../../../src/rest/index.ts'
import { restClient } from '../../conformance/rest-client.ts'
import { memoryHerder } from './memory-herder.ts'

const setUp = (options: Partial<RestOptions>) => restClient(memoryHerder(), options)
const good = 'http://good.example'
const cors = { origins: [good], methods: ['GET', 'PUT'] }
const allowed = (headers: Readonly<Record<string, unknown>>) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'))

test('says nothing of origins unless it is configured', async () => {
  const { headers } = await setUp({}).send('GET', '/', undefined, { origin: good })
  expect(allowed(headers)).toEqual([])
  expect(headers).not.toHaveProperty('vary')
})

test('lets pages of a listed origin read answers, refusals included', async () => {
  const rest = setUp({ cors })
  for (const path of ['/connectors', '/connectors/none', '/nowhere']) {
    const { headers } = await rest.send('GET', path, undefined, { origin: good })
    expect(headers).toMatchObject({ 'access-control-allow-origin': good, vary: 'Origin' })
    expect(allowed(headers)).toEqual(['access-control-allow-origin'])
  }
})

test.each([undefined, 'http://bad.example', 'http://goodXexample', 'http://good.example.bad', 'null', '*'])(
  'tells the origin %s nothing, and caches that answers depend on it',
  async (origin) => {
    const rest = setUp({ cors })
    for (const method of ['GET', 'OPTIONS']) {
      const preflight = { 'access-control-request-method': 'PUT', ...(origin === undefined ? {} : { origin }) }
      const { headers, status } = await rest.send(method, '/connectors', undefined, preflight)
      expect(status).toBe(200)
      expect(headers['vary']).toBe('Origin')
      expect(allowed(headers)).toEqual([])
    }
  },
)

test('answers a preflight with the methods and the one header that JSON needs', async () => {
  const preflight = { origin: good, 'access-control-request-method': 'DELETE' }
  const answer = await setUp({ cors }).send('OPTIONS', '/connectors', undefined, preflight)
  expect(answer).toMatchObject({ status: 200, text: 'GET, HEAD, POST, OPTIONS' })
  expect(answer.headers).toMatchObject({
    'access-control-allow-origin': good,
    'access-control-allow-methods': 'GET,PUT',
    'access-control-allow-headers': 'Content-Type',
    'access-control-max-age': '60',
  })
  const standard = setUp({ cors: { origins: ['*'], methods: [] } })
  expect((await standard.send('OPTIONS', '/', undefined, preflight)).headers).toMatchObject({
    'access-control-allow-origin': good,
    'access-control-allow-methods': 'GET,POST,HEAD',
  })
})

test('an OPTIONS without the request of a preflight is none', async () => {
  const { headers } = await setUp({ cors }).send('OPTIONS', '/', undefined, { origin: good })
  expect(allowed(headers)).toEqual(['access-control-allow-origin'])
})

test('adds the configured headers to every answer', async () => {
  const rest = setUp({
    cors,
    clock: { now: () => Date.UTC(2026, 0, 1), sleep: async () => new Promise(() => undefined) },
    responseHeaders: [
      { action: 'set', name: 'X-Frame-Options', value: 'DENY' },
      { action: 'add', name: 'X-Multi', value: 'a' },
      { action: 'add', name: 'X-Multi', value: 'b, c' },
      { action: 'set', name: 'X-Once', value: 'first' },
      { action: 'set', name: 'X-Once', value: 'second' },
      { action: 'add', name: 'Vary', value: 'Accept' },
      { action: 'add', name: 'Set-Cookie', value: 'a=1' },
      { action: 'add', name: 'Set-Cookie', value: 'b=2' },
      { action: 'setDate', name: 'Expires', value: '1000' },
      { action: 'addDate', name: 'Last-Modified', value: '-1000' },
      { action: 'set', name: 'Content-Type', value: 'text/plain' },
    ],
  })
  for (const path of ['/connectors', '/nowhere', '/connectors/none'])
    expect((await rest.get(path)).headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-multi': ['a', 'b, c'],
      'x-once': 'second',
      vary: ['Origin', 'Accept'],
      'set-cookie': ['a=1', 'b=2'],
      expires: 'Thu, 01 Jan 2026 00:00:01 GMT',
      'last-modified': 'Wed, 31 Dec 2025 23:59:59 GMT',
      'content-type': 'application/json',
    })
})
