import { once } from 'node:events'
import { createServer, type IncomingMessage, request as openRequest } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Logger } from '#api'
import type { Herder } from '../../src/herder/herder.ts'
import { startRest } from '../../src/rest/index.ts'
import { memoryHerder } from '../unit/rest/memory-herder.ts'

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }

const local = { protocol: 'http', host: '127.0.0.1', port: 0 } as const

const start = async (overrides: Partial<Herder> = {}, options: Partial<Parameters<typeof startRest>[0]> = {}) => {
  const herder = memoryHerder(overrides)
  const rest = await startRest({ herder, listeners: [local], log, ready: () => true, ...options })
  onTestFinished(async () => rest.stop())
  return rest
}

test('listens on a free port and answers there', async () => {
  const rest = await start()
  expect(rest.url).toBe(`http://127.0.0.1:${rest.port}`)
  const answer = await fetch(`${rest.url}/connectors`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'a b', config: { 'connector.class': 'MemorySink', tpics: 'x' } }),
  })
  expect(answer.status).toBe(201)
  expect(answer.headers.get('location')).toBe(`${rest.url}/connectors/a%20b`)
  expect(answer.headers.get('x-tidegate-warning')).toContain('"topics"')
})

test('tells the advertised address when it has one', async () => {
  const advertised = { host: 'worker.example', port: 8083 }
  expect((await start({}, { advertised })).url).toBe('http://worker.example:8083')
  const { url, port } = await start({}, { advertised: { host: 'worker.example' } })
  expect(url).toBe(`http://worker.example:${port}`)
})

test('is not asked by a foreign name on the loopback address, unless it asks for a password or the name is listed', async () => {
  const status = async (options: Partial<Parameters<typeof startRest>[0]>, host: string, path = '/connectors') => {
    const { port } = await start({}, options)
    const asked = openRequest({ host: '127.0.0.1', port, path, headers: { host } }).end()
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    const isOurs = (await text(answer)).startsWith('{"error_code":403,"message":"This worker is not asked by the name ')
    return answer.statusCode === 403 && !isOurs ? 'another 403' : answer.statusCode
  }
  for (const path of ['/connectors', '/nowhere', '/metrics'])
    expect(await status({}, 'evil.example:8083', path)).toBe(403)
  expect(await status({ adminListeners: [], listeners: [{ ...local, host: 'localhost' }] }, 'evil.example')).toBe(403)
  expect(await status({}, 'localhost:8083')).toBe(200)
  expect(await status({ allowedHosts: ['proxy.example'] }, 'proxy.example')).toBe(200)
  expect(await status({ advertised: { host: 'worker.example' } }, 'worker.example:8083')).toBe(200)
  expect(await status({ listeners: [{ ...local, host: '0.0.0.0' }] }, 'worker')).toBe(200)
  expect(await status({ users: async () => new Map([['a', 'b']]) }, 'evil.example')).toBe(401)
})

test('refuses a POST without a body that a page of another origin sends', async () => {
  const { url } = await start()
  const post = async (headers: Record<string, string>) =>
    (await fetch(`${url}/connectors/x/restart`, { method: 'POST', headers })).status
  expect(await post({ origin: 'https://evil.example' })).toBe(403)
  expect(await post({ origin: url })).toBe(404)
  expect(await post({})).toBe(404)
})

test('says who is in the way when the port is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  await expect(start({}, { listeners: [{ ...local, port }] })).rejects.toThrow(
    `REST cannot listen on 127.0.0.1:${port}: another process has this`,
  )
})

test('leaves nothing listening when one of several addresses cannot be had', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port: first } = free.address() as AddressInfo
  await new Promise((resolve) => free.close(resolve))
  const listeners = [first, port].map((each) => ({ ...local, port: each }))
  await expect(start({}, { listeners })).rejects.toThrow(`127.0.0.1:${port}`)
  await expect(fetch(`http://127.0.0.1:${first}/`)).rejects.toThrow('fetch failed')
})

test('answers on every listener, and has /admin on its own when there is one', async () => {
  const rest = await start({}, { listeners: [local, local], adminListeners: [local] })
  expect(rest.urls).toHaveLength(3)
  const [first, second, admin] = rest.urls
  const status = async (url: string) => (await fetch(url)).status
  for (const url of [first, second])
    expect([await status(`${url}/`), await status(`${url}/admin/loggers`)]).toEqual([200, 404])
  expect([await status(`${admin}/`), await status(`${admin}/admin/loggers`)]).toEqual([404, 200])
})

test('asks for credentials on the admin listener too', async () => {
  const users = async () => new Map([['alice', 'a']])
  const rest = await start({}, { adminListeners: [local], users })
  const [main, admin] = rest.urls
  for (const url of [`${main}/`, `${admin}/admin/loggers`]) {
    expect((await fetch(url)).status).toBe(401)
    const authorization = `Basic ${Buffer.from('alice:a').toString('base64')}`
    expect((await fetch(url, { headers: { authorization } })).status).toBe(200)
  }
})

test('serves no /admin when admin.listeners is empty', async () => {
  const rest = await start({}, { adminListeners: [] })
  expect(rest.urls).toHaveLength(1)
  expect((await fetch(`${rest.url}/admin/loggers`)).status).toBe(404)
})

test('gives up a preview when the client goes away', async () => {
  let given: AbortSignal | undefined
  const preview: Herder['preview'] = async (_, { signal }) => {
    given = signal
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return { records: [], warnings: [] }
  }
  const rest = await start({ preview })
  const gone = new AbortController()
  const request = fetch(`${rest.url}/connector-plugins/MemorySink/preview`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ 'connector.class': 'MemorySink' }),
    signal: gone.signal,
  }).catch(() => 'aborted')
  await vi.waitFor(() => expect(given).toBeDefined(), 15_000)
  expect(given?.aborted).toBe(false)
  gone.abort()
  expect(await request).toBe('aborted')
  await vi.waitFor(() => expect(given?.aborted).toBe(true), 15_000)
})

test('stops twice, after the answer to a request under way, and leaves nothing listening', async () => {
  let arrived: (() => void) | undefined
  let answer: (() => void) | undefined
  const seen = new Promise<void>((resolve) => (arrived = resolve))
  const connectors = async () => {
    arrived?.()
    await new Promise<void>((resolve) => (answer = resolve))
    return ['late']
  }
  const rest = await start({ connectors })
  const pending = fetch(`${rest.url}/connectors`)
  await seen
  const began = performance.now()
  const stopped = Promise.all([rest.stop(), rest.stop()])
  answer?.()
  expect(await (await pending).json()).toEqual(['late'])
  await stopped
  // Not when the connection, which the client keeps, would time out or be cut.
  expect(performance.now() - began).toBeLessThan(3000)
  await expect(fetch(rest.url)).rejects.toThrow('fetch failed')
})

test('answers what is no HTTP with a body like any other refusal', async () => {
  const { port } = await start()
  const socket = connect(port, '127.0.0.1')
  socket.end('NONSENSE\r\n\r\n')
  const answer = await text(socket)
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
  expect(answer.split('\r\n\r\n')[1]).toBe('{"error_code":400,"message":"HTTP 400 Bad Request"}')
})
