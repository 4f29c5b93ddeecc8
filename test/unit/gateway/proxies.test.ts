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
  ['10.1.2.3', '::ffff:198.51.100.1', '198.51.100.1'],
  ['10.1.2.3', '6.6.6.6, [::ffff:c633:6401]:4711, ::ffff:a09:909', '198.51.100.1'],
  ['::ffff:a01:203', '0:0:0:0:0:ffff:c633:6401', '198.51.100.1'],
  ['10.1.2.3', '198.51.100.1, 6.6.6.6\t,', '10.1.2.3'],
  ['10.1.2.3', Array.from({ length: 40 }, () => '10.0.0.9').join(), '10.0.0.9'],
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

/** A server that answers with what is made of the request. */
async function serverOf(
  answer: (message: IncomingMessage) => string,
  prepare: (server: Server) => void = () => undefined,
): Promise<number> {
  const server = new Server((message, response) => {
    response.setHeader('content-length', answer(message).length)
    response.end(answer(message))
  })
  prepare(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const bound = server.address()
  return typeof bound === 'object' && bound ? bound.port : 0
}

/** A server that answers with the address of who asks. */
async function echo(protocol: ProxySettings['protocol'], list: readonly string[]) {
  const proxies = createProxies({ trusted: list, protocol })
  const port = await serverOf(addressOf, (server) =>
    expectProxyHeaders(server, { protocol, proxies, log: quietLog, onKnown: () => undefined }),
  )
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

test.each([
  // Of two headers the proxy's own stands last.
  ['X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 198.51.100.1\r\n', '198.51.100.1'],
  ['x-forwarded-for: 6.6.6.6\r\nX-FORWARDED-FOR: 198.51.100.1, 127.0.0.1\r\n', '198.51.100.1'],
  // Servers behind that take one for the other are no reason to.
  ['X_Forwarded_For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\n', '127.0.0.1'],
  ['X-Forwarded-For : 6.6.6.6\r\n', undefined],
  ['X-Forwarded-For:\r\n 6.6.6.6\r\n', undefined],
  ['A: b\rX-Forwarded-For: 6.6.6.6\r\n', undefined],
  ['Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', undefined],
  ['Content-Length: 5\r\nContent-Length: 6\r\n', undefined],
])('what a trusted proxy hands on as %j counts as of %s; undefined: not at all', async (headers, expected) => {
  const port = await serverOf((message) => {
    createProxies({ trusted: ['127.0.0.1'], protocol: 'none' }).note(message)
    return addressOf(message)
  })
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text
  })
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`)
  await once(socket, 'close')
  const [told, body] = [answer.slice(9, 12), answer.split('\r\n\r\n')[1]]
  expect(told === '200' ? body : told).toBe(expected ?? '400')
})

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
  const binary = await echo('v2', ['127.0.0.1'])
  // A part of what a header tells about itself (TLV) that is longer than the header, one that never comes, and one beyond all bounds.
  const head = (length: number): string =>
    `\r\n\r\n\0\r\nQUIT\n\x21\x11${String.fromCharCode(length >> 8, length & 255)}`
  const ends = '\xc6\x33\x64\x07\x0a\0\0\x01\x12\x67\0\x50'
  expect(await binary(`${head(17)}${ends}\x05\xff\xff\x41\x42${get}`)).toBe('198.51.100.7')
  expect(await binary(`${head(8)}${ends.slice(0, 8)}${get}`)).toBe('')
  expect(await binary(`${head(5000)}${ends}${'\x04\x03\xe8'.padEnd(4988, '\0')}${get}`)).toBe('')
  const open = await echo('v1', ['10.0.0.0/8'])
  expect(await open(get)).toBe('127.0.0.1')
  expect(await open(line + get)).toBe('')
})
