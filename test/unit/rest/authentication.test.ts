import { expect, test } from 'vitest'
import { createRest, type RestOptions } from '../../../src/rest/index.ts'
import { quietLog } from '../../support/quiet.ts'
import { memoryHerder } from './memory-herder.ts'

const users = async () =>
  new Map([
    ['alice', 'pa:ss=1'],
    ['zoë', 'grün'],
    ['empty', ''],
  ])
const setUp = (options: Partial<RestOptions> = {}) => {
  const app = createRest(memoryHerder(), { log: quietLog, ready: () => true, users, ...options })
  return async (line: string, headers: Record<string, string> = {}) => {
    const [method = '', url = ''] = line.split(' ')
    return app.inject({ method: method as 'GET', url, headers })
  }
}
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })

test.each(['alice:pa:ss=1', 'zoë:grün', 'empty:'])('lets %s in', async (credentials) => {
  expect((await setUp()('GET /connectors', basic(credentials))).statusCode).toBe(200)
})

test.each([
  {},
  basic('alice:wrong'),
  basic('alice:'),
  basic('alice'),
  basic(':pa:ss=1'),
  basic('nobody:'),
  basic('empty:x'),
  { authorization: 'Basic' },
  { authorization: 'Basic !!!' },
  { authorization: `Bearer ${Buffer.from('alice:pa:ss=1').toString('base64')}` },
])('refuses %j with Kafka Connect’s words', async (headers) => {
  const answer = await setUp()('GET /connectors', headers)
  expect(answer.statusCode).toBe(401)
  expect(answer.payload).toBe('User cannot access the resource.')
  expect(answer.headers).toMatchObject({
    'content-type': 'application/json',
    'www-authenticate': 'Basic realm="tidegate", charset="UTF-8"',
  })
})

test('asks for credentials on every path, health, metrics and preflights included', async () => {
  const send = setUp({ metrics: { contentType: 'text/plain', text: async () => 'a 1' } })
  for (const line of [
    'GET /',
    'GET /health',
    'GET /metrics',
    'GET /openapi.json',
    'GET /admin/loggers',
    'HEAD /connectors',
    'OPTIONS /connectors',
    'POST /connectors',
    'DELETE /connectors/x',
  ])
    expect({ line, status: (await send(line)).statusCode }).toEqual({ line, status: 401 })
})

test('tells a stranger which paths and methods there are, and no more', async () => {
  const send = setUp()
  expect((await send('GET /nowhere')).statusCode).toBe(404)
  expect((await send('PATCH /connectors')).statusCode).toBe(405)
  expect((await send('GET /connectors', { accept: 'text/html' })).statusCode).toBe(406)
  expect((await send('POST /connectors', { 'content-type': 'text/plain' })).statusCode).toBe(415)
})

test('leaves requests between workers to their own proof', async () => {
  expect((await setUp()('PUT /connectors/x/fence')).statusCode).toBe(500)
})

test('refuses before it reads a body', async () => {
  const app = createRest(memoryHerder(), { log: quietLog, ready: () => true, users, bodyLimit: 10 })
  const answer = await app.inject({
    method: 'POST',
    url: '/connectors',
    headers: { 'content-type': 'application/json' },
    payload: 'x'.repeat(1000),
  })
  expect(answer.statusCode).toBe(401)
})

test('a change of the users counts at once', async () => {
  let known = new Map([['alice', 'a']])
  const send = setUp({ users: async () => known })
  const status = async (credentials: string) => (await send('GET /', basic(credentials))).statusCode
  expect(await status('alice:a')).toBe(200)
  known = new Map([['bob', 'b']])
  expect([await status('alice:a'), await status('bob:b')]).toEqual([401, 200])
  known = new Map()
  expect([await status('bob:b'), await status('undefined:undefined')]).toEqual([401, 401])
})
