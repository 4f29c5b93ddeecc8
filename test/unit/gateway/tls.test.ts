import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { type Gateway, startGateway } from '../../../src/gateway/index.ts'
import type { TlsSettings } from '../../../src/gateway/settings.ts'
import { nameOf } from '../../../src/gateway/who/certificate.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { token } from '../../conformance/transport.ts'
import { type Certified, certificateAuthority } from '../../support/certificates.ts'
import { memoryRevocations } from '../../support/memory-revocations.ts'
import { recordingLog } from '../../support/quiet.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { type Frame, makeSettings, type SettingsChange } from './harness.ts'

const authority = certificateAuthority()
const [server, renewed] = [authority.issue('gate'), authority.issue('gate anew')]

async function runTlsGate(tls: Partial<TlsSettings> = {}, change: SettingsChange = {}) {
  const dir = await tempFolder()
  const file = (name: string): string => join(dir, name)
  const put = async ({ cert, key }: Certified): Promise<void> => {
    await writeFile(file('cert.pem'), cert)
    await writeFile(file('key.pem'), key)
  }
  await put(server)
  await writeFile(file('ca.pem'), authority.cert)
  const log = recordingLog()
  const settings = makeSettings({
    ...change,
    tls: { certFile: file('cert.pem'), keyFile: file('key.pem'), caFile: file('ca.pem'), reloadMs: 20, ...tls },
  })
  const revocations = memoryRevocations()
  const gateway = await startGateway({ settings, log, clock: systemClock, revocations })
  onTestFinished(() => gateway.stop())
  gateway.ready()
  return { gateway, put, file, log, revocations }
}

const subjectOf = async ({ address }: Gateway, options: ConnectionOptions = {}): Promise<string> => {
  const socket = connect({ host: '127.0.0.1', port: address.port, ca: authority.cert, ...options })
  try {
    await once(socket, 'secureConnect')
    return String(socket.getPeerCertificate().subject.CN)
  } finally {
    socket.destroy()
  }
}

async function open({ address }: Gateway, client: Partial<Certified> = {}, shown?: string) {
  const frames: Frame[] = []
  const socket = new WebSocket(`wss://127.0.0.1:${address.port}/ws`, { ca: authority.cert, ...client })
  onTestFinished(() => socket.terminate())
  socket.on('message', (data) => frames.push(JSON.parse((data as Buffer).toString()) as Frame))
  await once(socket, 'open')
  const ask = async (frame: object): Promise<Frame> => {
    const before = frames.length
    socket.send(JSON.stringify(frame))
    await vi.waitFor(() => expect(frames.length).toBeGreaterThan(before), { interval: 5, timeout: 15_000 })
    return frames[before] ?? { type: 'none' }
  }
  const connected = await ask({ type: 'connect', id: 0, ...(shown === undefined ? {} : { token: shown }) })
  return { socket, ask, connected }
}

test('a renewed certificate is used for new connections while the open ones stay, and a bad one is not', async () => {
  const { gateway, put, file, log } = await runTlsGate()
  expect(gateway.address.url).toMatch(/^https:/)
  const before = await open(gateway)
  expect(await subjectOf(gateway)).toBe('gate')
  // Of a new certificate and its key one is there first.
  await writeFile(file('cert.pem'), renewed.cert)
  const told = (): number => log.lines.filter(({ level }) => level === 'error').length
  await vi.waitFor(() => expect(told()).toBe(1), { interval: 5, timeout: 15_000 })
  expect(await subjectOf(gateway)).toBe('gate')
  await put(renewed)
  await vi.waitFor(async () => expect(await subjectOf(gateway)).toBe('gate anew'), { interval: 10, timeout: 15_000 })
  expect(told()).toBe(1)
  expect(await before.ask({ type: 'ping', id: 1 })).toEqual({ type: 'pong', id: 1 })
  expect((await open(gateway)).connected.type).toBe('connected')
})

test('files go on being served, and what is not TLS is not answered', async () => {
  const { gateway } = await runTlsGate({ minVersion: 'TLSv1.3' })
  const sent = request({ host: '127.0.0.1', port: gateway.address.port, path: '/health', ca: authority.cert }).end()
  const [response] = (await once(sent, 'response')) as [{ statusCode: number; destroy(): void }]
  expect(response.statusCode).toBe(200)
  response.destroy()
  await expect(fetch(`http://127.0.0.1:${gateway.address.port}/health`)).rejects.toThrow(/./)
  await expect(subjectOf(gateway, { maxVersion: 'TLSv1.2' })).rejects.toThrow(/./)
})

test('a gate stops although a connection has not begun its handshake, however long it may take', async () => {
  const { gateway } = await runTlsGate({}, { limits: { handshakeTimeoutMs: 600_000 } })
  const silent = createConnection(gateway.address.port, '127.0.0.1')
  silent.on('error', () => undefined)
  onTestFinished(() => void silent.destroy())
  await vi.waitFor(() => expect(gateway.stats().handshakes).toBe(1))
  await gateway.stop()
})

test('a PROXY header comes before TLS, apart from it or with it', async () => {
  const { gateway } = await runTlsGate({}, { proxy: { trusted: ['127.0.0.1'], protocol: 'v1' } })
  const line = 'PROXY TCP4 198.51.100.7 10.0.0.1 4711 443\r\n'
  for (const apart of [true, false]) {
    const raw = createConnection(gateway.address.port, '127.0.0.1')
    await once(raw, 'connect')
    if (!apart) raw.cork()
    raw.write(line)
    const socket = connect({ socket: raw, ca: authority.cert, host: '127.0.0.1' })
    process.nextTick(() => raw.uncork())
    await once(socket, 'secureConnect')
    socket.end('GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1.1 200/)
    socket.destroy()
  }
  await expect(subjectOf(gateway)).rejects.toThrow(/./)
})

test('who has to show a certificate and does not, or one of a stranger, is not let in', async () => {
  const { gateway } = await runTlsGate({ clientAuth: 'required', identity: 'cn' })
  const stranger = certificateAuthority('Other CA').issue('ann')
  await expect(open(gateway)).rejects.toThrow(/./)
  await expect(open(gateway, stranger)).rejects.toThrow(/./)
  expect((await open(gateway, authority.issue('ann'))).connected['client']).toBe('ann')
})

test('who is revoked and shows a certificate is not let in', async () => {
  const { gateway, revocations } = await runTlsGate({ clientAuth: 'required', identity: 'cn' })
  await revocations.revoke({ kind: 'user', user: 'ann' })
  const ann = authority.issue('ann')
  const { socket, connected } = await open(gateway, ann)
  expect(connected).toMatchObject({ type: 'error', code: 'revoked' })
  if (socket.readyState !== socket.CLOSED) await once(socket, 'close')
  const { port } = gateway.address
  const options = { host: '127.0.0.1', port, path: '/sse?channel=bus:1', ca: authority.cert, ...ann }
  const [answer] = (await once(request(options).end(), 'response')) as [IncomingMessage]
  answer.resume()
  expect(answer.statusCode).toBe(401)
  expect((await open(gateway, authority.issue('bob'))).connected['client']).toBe('bob')
})

test('a certificate that is only asked for names its client where no token came, and grants what the claims say', async () => {
  const { gateway } = await runTlsGate({
    clientAuth: 'requested',
    identity: 'uri',
    claims: { subscribe: ['secret:#{sub}'] },
  })
  const ann = authority.issue('x', [{ type: 6, value: 'ann' }])
  const { connected, ask } = await open(gateway, ann)
  expect(connected['client']).toBe('ann')
  expect(await ask({ type: 'subscribe', id: 1, channel: 'secret:bob' })).toMatchObject({ code: 'forbidden' })
  // Granted, and nothing serves it.
  expect(await ask({ type: 'subscribe', id: 2, channel: 'secret:ann' })).toMatchObject({ code: 'unavailable' })
  expect((await open(gateway, ann, await token({ sub: 'bob' }))).connected['client']).toBe('bob')
  const stranger = certificateAuthority('Other CA').issue('x', [{ type: 6, value: 'ann' }])
  for (const client of [stranger, {}, authority.issue('ann')])
    expect((await open(gateway, client)).connected['client']).not.toBe('ann')
})

test.each([
  [{ keyFile: null }, /keyFile is missing/],
  [{ certFile: null }, /certFile is missing/],
  [{ certFile: '/nowhere.pem' }, /certFile: \/nowhere.pem cannot be read/],
  [{ clientAuth: 'required', caFile: null }, /caFile is missing/],
  [{ identity: 'cn' }, /no client shows a certificate/],
] as const)('%j is a mistake', async (tls, reason) => {
  await expect(runTlsGate(tls)).rejects.toThrow(reason)
})

test.each([
  ['cn', { CN: 'ann' }, '', 'ann'],
  ['cn', { CN: ['ann', 'bob'] }, '', undefined],
  ['cn', {}, 'DNS:ann', undefined],
  ['dns', {}, 'URI:x, DNS:ann', 'ann'],
  ['dns', {}, 'DNS:ann, DNS:bob', undefined],
  ['email', {}, 'email:ann@x.example', 'ann@x.example'],
  // What looks like a second name is part of one.
  ['uri', {}, String.raw`URI:"a, URI:b"`, 'a, URI:b'],
  ['dns', {}, String.raw`URI:"x, DNS:ann"`, undefined],
] as const)('the %s of %j and "%s" is %s', (kind, subject, subjectaltname, expected) => {
  expect(nameOf({ subject: subject as never, subjectaltname }, kind)).toBe(expected)
})
