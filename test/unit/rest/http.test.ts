import { expect, test } from 'vitest'
import type { Herder } from '../../../src/herder/herder.ts'
import type { RestOptions } from '../../../src/rest/index.ts'
import { refusal, restClient } from '../../conformance/rest-client.ts'
import { memoryHerder } from './memory-herder.ts'

const props = { 'connector.class': 'MemorySink' }
const setUp = (overrides: Partial<Herder> = {}, options: Partial<RestOptions> = {}) =>
  restClient(memoryHerder(overrides), options)

test('accepts trailing slashes', async () => {
  const rest = setUp()
  expect(await rest.send('POST', '/connectors/', { name: 'x', config: props })).toMatchObject({ status: 201 })
  expect(await rest.get('/connectors/x/')).toMatchObject({ status: 200, json: { name: 'x' } })
  expect(await rest.get('/connectors/?expand=info')).toMatchObject({ status: 200, json: { x: {} } })
})

test('answers HEAD where GET works, without a body', async () => {
  const rest = setUp()
  await rest.create('x', props)
  const { status, text, headers } = await rest.send('HEAD', '/connectors/x')
  expect({ status, text }).toEqual({ status: 200, text: '' })
  expect(headers['content-type']).toBe('application/json')
})

test('writes JSON as Kafka Connect labels it', async () => {
  expect((await setUp().get('/connectors')).headers['content-type']).toBe('application/json')
})

test('answers 404 to a path it does not have', async () => {
  const rest = setUp()
  for (const path of ['/nowhere', '/connectors/x/tasks-config', '/connectors//config/more', '/Connectors'])
    expect(await rest.get(path)).toMatchObject(refusal(404, /^HTTP 404 Not Found$/))
})

test('answers 405 with the methods that a path has, before it looks at the body', async () => {
  const rest = setUp()
  const answer = await rest.send('PUT', '/connectors', 'not json', { 'content-type': 'text/plain' })
  expect(answer).toMatchObject(refusal(405, /^HTTP 405 Method Not Allowed$/))
  expect(answer.headers['allow']).toBe('GET, HEAD, POST, OPTIONS')
  expect((await rest.get('/connectors/x/pause')).headers['allow']).toBe('PUT, OPTIONS')
  expect(await rest.send('PATCH', '/connectors/x/status', {})).toMatchObject({ status: 405 })
})

test('tells the methods of a path to OPTIONS', async () => {
  const answer = await setUp().send('OPTIONS', '/connectors/x/config')
  expect(answer).toMatchObject({ status: 200, text: 'GET, HEAD, PUT, PATCH, OPTIONS' })
  expect(answer.headers['allow']).toBe('GET, HEAD, PUT, PATCH, OPTIONS')
})

test('tells the methods in the header alone to OPTIONS of a client that takes JSON alone', async () => {
  const answer = await setUp().send('OPTIONS', '/connectors', undefined, { accept: 'application/json' })
  expect(answer).toMatchObject({ status: 200, text: '' })
  expect(answer.headers).toMatchObject({ allow: 'GET, HEAD, POST, OPTIONS', 'content-type': 'application/json' })
})

test('takes no body but JSON', async () => {
  const rest = setUp()
  await rest.create('x', props)
  const body = JSON.stringify({ name: 'y', config: props })
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense'])
    expect(await rest.send('POST', '/connectors', body, { 'content-type': type })).toMatchObject(
      refusal(415, /^HTTP 415 Unsupported Media Type$/),
    )
  // Also for verbs that need none; what names a type and sends nothing is let pass.
  for (const line of [
    'PUT /connectors/x/pause',
    'GET /connectors',
    'POST /connectors/x/restart',
    'DELETE /connectors/x',
  ])
    for (const [sent, refused] of [
      [undefined, false],
      ['x', true],
    ] as const) {
      const [method = '', path = ''] = line.split(' ')
      const { status } = await rest.send(method, path, sent, { 'content-type': 'application/x-www-form-urlencoded' })
      expect(status === 415, `${line} with ${sent}`).toBe(refused)
    }
  const withCharset = { 'content-type': 'application/json; charset=utf-8' }
  expect(await rest.send('POST', '/connectors', body, withCharset)).toMatchObject({ status: 201 })
})

test('verbs that need no body take none, an empty one, and ignore any', async () => {
  const rest = setUp()
  await rest.create('x', props)
  const json = { 'content-type': 'application/json' }
  expect(await rest.send('PUT', '/connectors/x/pause')).toMatchObject({ status: 202 })
  expect(await rest.send('PUT', '/connectors/x/pause', '', json)).toMatchObject({ status: 202 })
  expect(await rest.send('PUT', '/connectors/x/pause', '{broken', json)).toMatchObject({ status: 202 })
  expect(await rest.send('DELETE', '/connectors/x', '', json)).toMatchObject({ status: 204 })
})

test('answers 406 to a client that takes no JSON', async () => {
  const rest = setUp()
  for (const accept of ['text/html', 'application/json;q=0', 'application/json;q=0.0, */*', 'image/*;q=1'])
    expect(await rest.send('GET', '/', undefined, { accept })).toMatchObject(refusal(406, /^HTTP 406 Not Acceptable$/))
  for (const accept of ['*/*', 'application/*', 'text/html,application/xhtml+xml,*/*;q=0.8', 'application/json', ''])
    expect(await rest.send('GET', '/', undefined, { accept })).toMatchObject({ status: 200 })
})

test('refuses an encoded slash and an encoding that is none', async () => {
  const rest = setUp()
  for (const path of ['/connectors/a%2Fb', '/connectors/a%2fb/status', '/a%2Fb'])
    expect(await rest.get(path)).toMatchObject(refusal(400, 'Ambiguous URI path separator'))
  expect(await rest.get('/connectors/%zz')).toMatchObject(refusal(400, '%zz'))
  // In the query it is no separator.
  expect(await rest.get('/connectors?expand=a%2Fb')).toMatchObject({ status: 200 })
})

test('takes names that are long', async () => {
  const rest = setUp()
  const name = 'n'.repeat(4_000)
  await rest.create(name, props)
  expect(await rest.get(`/connectors/${name}/status`)).toMatchObject({ status: 200 })
})

test('refuses a body over the limit and names the limit', async () => {
  const rest = setUp({}, { bodyLimit: 100 })
  const answer = await rest.send('POST', '/connectors', { name: 'x', config: { ...props, note: 'n'.repeat(100) } })
  expect(answer).toMatchObject(refusal(413, 'limit of 100 bytes'))
})

test('leaves the location to the advertised address when the Host header is no host', async () => {
  const rest = setUp({}, { advertisedUrl: () => 'http://worker.example:8083' })
  const send = async (name: string, host: string) => rest.send('POST', '/connectors', { name, config: props }, { host })
  expect((await send('a', '[::1]:8083')).headers['location']).toBe('http://[::1]:8083/connectors/a')
  for (const host of ['evil/path', 'user@host', '<b>', 'a b'])
    expect((await send(host, host)).headers['location']).toBe(
      `http://worker.example:8083/connectors/${encodeURIComponent(host)}`,
    )
})

test('leaves out of an expanded list what was deleted meanwhile', async () => {
  const rest = setUp({ connectors: async () => ['a', 'ghost'] })
  await rest.create('a', props)
  expect(Object.keys((await rest.get('/connectors?expand=status')).json as object)).toEqual(['a'])
})
