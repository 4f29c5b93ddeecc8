import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import type { Logger } from '#api'
import { type Gateway, startGateway } from '../../../src/gateway/index.ts'
import { createAuth } from '../../../src/gateway/who/auth.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { runGate, until } from '../../conformance/transport.ts'
import { makeSettings, secret } from './harness.ts'

/** The status of an upgrade with these headers. */
const upgrade = ({ address }: Gateway, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port: address.port,
      path: '/ws',
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': Buffer.alloc(16).toString('base64'),
        'sec-websocket-version': '13',
        ...headers,
      },
    })
    sent.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve(response.statusCode)
    })
    sent.on('response', (response) => resolve(response.resume().statusCode))
    sent.on('error', reject)
    sent.end()
  })

test.each([
  ['evil.example:8080', 'http://evil.example:8080', 403],
  ['127.0.0.1.evil.example', 'http://127.0.0.1.evil.example', 403],
  ['[::1].evil.example', 'http://[::1].evil.example', 403],
  ['maps.example', 'https://maps.example', 101],
  ['localhost:8080', 'http://localhost:8080', 101],
  ['127.0.0.1:8080', 'https://127.0.0.1:8080', 101],
  ['[::1]:8080', 'http://[::1]:8080', 101],
  ['localhost:8080', 'http://localhost:8081', 403],
])('of the host %s, a page of %s is answered %i', async (host, origin, expected) => {
  const { gateway } = await runGate({ origins: ['https://maps.example'] })
  expect(await upgrade(gateway, { host, origin })).toBe(expected)
})

test('connections that say nothing are limited too', async () => {
  const { gateway } = await runGate({ limits: { sessions: 2, pendingHandshakes: 130 } })
  const sockets: Socket[] = []
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  let [opened, ended] = [0, 0]
  for (let n = 0; n < 140; n++) {
    const socket = connect(gateway.address.port, '127.0.0.1')
    socket
      .on('connect', () => opened++)
      .on('error', () => undefined)
      .on('close', () => ended++)
      .resume()
    sockets.push(socket)
  }
  await until(() => opened === 140 && ended >= 10)
  expect(ended).toBe(10)
})

test('a download that the client breaks off is no error of the gate', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'site-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'big.txt'), Buffer.alloc(20_000_000))
  const lines: [string, unknown][] = []
  const log: Logger = {
    debug: (_, text) => lines.push(['debug', text]),
    info: () => undefined,
    warn: (_, text) => lines.push(['warn', text]),
    error: (_, text) => lines.push(['error', text]),
    child: () => log,
  }
  const gateway = await startGateway({ settings: makeSettings({ static: folder }), log, clock: systemClock })
  onTestFinished(() => gateway.stop())
  const socket = connect(gateway.address.port, '127.0.0.1')
  socket.write('GET /big.txt HTTP/1.1\r\nHost: x\r\n\r\n')
  socket.once('data', () => socket.destroy())
  await until(() => lines.length > 0)
  expect(lines.map(([level]) => level)).toEqual(['debug'])
})

test.each([[null], [''], [{}], [7], [['ann']]])('a token with the subject %j is refused', async (sub) => {
  const auth = createAuth(makeSettings(), systemClock)
  const token = await new SignJWT({ sub: sub as never, subscribe: ['bus:*'] })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret))
  expect(await auth.verify(token)).toMatchObject({ code: 'bad_token' })
})
