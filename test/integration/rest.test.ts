import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import type { Logger } from '#api'
import type { Herder } from '../../src/herder/herder.ts'
import { startRest } from '../../src/rest/index.ts'
import { memoryHerder } from '../unit/rest/memory-herder.ts'

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }

const start = async (overrides: Partial<Herder> = {}, options: { port?: number; advertisedUrl?: string } = {}) => {
  const herder = memoryHerder(overrides)
  const rest = await startRest({ herder, host: '127.0.0.1', port: 0, log, ready: () => true, ...options })
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
  expect((await start({}, { advertisedUrl: 'http://worker.example:8083/' })).url).toBe('http://worker.example:8083')
})

test('says who is in the way when the port is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  await expect(start({}, { port })).rejects.toThrow(`REST cannot listen on 127.0.0.1:${port}: another process has this`)
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
  const stopped = Promise.all([rest.stop(), rest.stop()])
  answer?.()
  expect(await (await pending).json()).toEqual(['late'])
  await stopped
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
