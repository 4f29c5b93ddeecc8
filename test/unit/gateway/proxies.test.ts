import { once } from 'node:events'
import { type IncomingMessage, request, Server } from 'node:http'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { addressOf } from '../../../src/gateway/listener/address.ts'
import { createProxies } from '../../../src/gateway/listener/proxies.ts'
import { expectProxyHeaders } from '../../../src/gateway/listener/proxy-front.ts'
import type { ProxySettings } from '../../../src/gateway/settings.ts'
import { runGate } from '../../conformance/transport.ts'
import { quietLog } from '../../support/quiet.ts'

const asked = (from: string, headers: Record<string, string>): IncomingMessage =>
  ({ headers, socket: { remoteAddress: from } }) as unknown as IncomingMessage

const trusted = ['10.0.0.0/8', '192.0.2.1', 'fd00::/8']

test.each([
  ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['10.1.2.3', '198.51.100.1', '198.51.100.1'],
  ['::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
  ['fd00::1', '2001:db8::5', '2001:db8::5'],
  ['10.1.2.3', '6.6.6.6, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
  ['10.1.2.3', '6.6.6.6, 198.51.100.1, 192.0.2.1', '198.51.100.1'],
  ['10.1.2.3', '198.51.100.1:4711', '198.51.100.1'],
  ['10.1.2.3', '[2001:db8::5]:4711', '2001:db8::5'],
  ['10.1.2.3', '10.4.4.4', '10.4.4.4'],
  ['10.1.2.3', '198.51.100.1, unknown', '10.1.2.3'],
  ['10.1.2.3', '', '10.1.2.3'],
  ['192.0.2.2', '198.51.100.1', '192.0.2.2'],
])('a request from %s forwarded for %s counts as of %s', (from, forwarded, expected) => {
  const message = asked(from, { 'x-forwarded-for': forwarded })
  createProxies({ trusted, protocol: 'none' }).note(message)
  expect(addressOf(message)).toBe(expected)
})

test('nobody is trusted unless named', () => {
  const message = asked('127.0.0.1', { 'x-forwarded-for': '198.51.100.1' })
  createProxies({ trusted: [], protocol: 'none' }).note(message)
  expect(addressOf(message)).toBe('127.0.0.1')
})

const status = (port: number, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: '/sse?channel=bus:1', headers })
    sent.on('response', (response) => {
      resolve(response.statusCode)
      sent.destroy()
    })
    sent.on('error', reject)
    sent.end()
  })

test.each([
  ['no proxy', [], { host: 'gate.internal', 'x-forwarded-host': 'localhost' }, 'http://localhost', 403],
  ['a proxy', ['127.0.0.1'], { host: 'gate.internal', 'x-forwarded-host': 'localhost' }, 'http://localhost', 200],
  ['a proxy', ['127.0.0.1'], { host: 'gate.internal', 'x-forwarded-host': 'evil.example' }, 'http://evil.example', 403],
  ['a proxy', ['127.0.0.1'], { host: 'localhost', 'x-forwarded-proto': 'https' }, 'https://localhost', 200],
  ['a proxy', ['127.0.0.1'], { host: 'localhost', 'x-forwarded-proto': 'https' }, 'http://localhost', 403],
  ['no proxy', [], { host: 'localhost', 'x-forwarded-proto': 'https' }, 'http://localhost', 200],
])('behind %s (%j), asked with %j, a page of %s is answered %i', async (_, list, headers, origin, expected) => {
  const { gateway } = await runGate({ proxy: { trusted: list } })
  expect(await status(gateway.address.port, { ...headers, origin })).toBe(expected)
})

/** A server that answers with the address of who asks. */
async function echo(protocol: ProxySettings['protocol'], list: readonly string[]) {
  const server = new Server((message, response) => {
    response.end(addressOf(message))
  })
  expectProxyHeaders(server, { protocol, proxies: createProxies({ trusted: list, protocol }), log: quietLog })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const bound = server.address()
  const port = typeof bound === 'object' && bound ? bound.port : 0
  return async (...pieces: readonly string[]): Promise<string> => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text
    })
    socket.on('error', () => undefined)
    for (const piece of pieces) {
      socket.write(piece, 'latin1')
      await new Promise((resolve) => setImmediate(resolve))
    }
    await once(socket, 'close')
    return answer.split('\r\n\r\n')[1] ?? ''
  }
}

const get = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
const line = 'PROXY TCP4 198.51.100.7 10.0.0.1 4711 80\r\n'

test('a PROXY header of a trusted address is taken off, in however many pieces it comes', async () => {
  const ask = await echo('any', ['127.0.0.1'])
  expect(await ask(line + get)).toBe('198.51.100.7')
  expect(await ask(...line.split(''), get)).toBe('198.51.100.7')
  expect(await ask(line, get)).toBe('198.51.100.7')
  expect(await ask(`PROXY UNKNOWN\r\n${get}`)).toBe('127.0.0.1')
  const binary = '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x33\x64\x07\x0a\0\0\x01\x12\x67\0\x50'
  expect(await ask(binary + get)).toBe('198.51.100.7')
})

test('of a trusted address it has to be there and well formed, of another it is no header at all', async () => {
  const ask = await echo('v1', ['127.0.0.1'])
  expect(await ask(get)).toBe('')
  expect(await ask(`PROXY TCP4 nonsense\r\n${get}`)).toBe('')
  const open = await echo('v1', ['10.0.0.0/8'])
  expect(await open(get)).toBe('127.0.0.1')
  expect(await open(line + get)).toBe('')
})
