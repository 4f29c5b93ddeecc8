import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { runGate, until } from '../../../conformance/transport.ts'
import { happened } from '../../../support/happened.ts'
import { clientFrame, type RawClient, rawClient, requestText } from '../../../support/raw-websocket.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

function open(port: number): RawClient {
  const client = rawClient(port)
  onTestFinished(() => void client.socket.destroy())
  return client
}

/** Sends a byte at a time for as long as the other side takes them. */
function dribble(client: RawClient, text: Buffer | string): void {
  const bytes = Buffer.from(text)
  let at = 0
  const timer = setInterval(() => {
    if (client.socket.destroyed) clearInterval(timer)
    else client.send(bytes.subarray(at++ % bytes.length).subarray(0, 1))
  }, 20)
  onTestFinished(() => clearInterval(timer))
}

test('a storm of newcomers is turned away with a time to come back, and those let in notice nothing', async () => {
  const { gateway } = await runGate({
    limits: { connectionsPerS: 1, connectionBurst: 3, resumesPerS: 1, resumeBurst: 1 },
  })
  const storm = Array.from({ length: 60 }, () => open(gateway.address.port))
  for (const client of storm) client.send(requestText())
  await until(() => storm.every((client) => client.status() !== undefined))
  const refused = storm.filter((client) => client.status() === 503)
  expect(refused.length).toBeGreaterThanOrEqual(55)
  await Promise.all(refused.map(({ ended }) => ended))
  const waits = refused.map((client) => Number(/^retry-after: (\d+)\r$/im.exec(client.answer())?.[1]))
  expect(waits.every((seconds) => seconds >= 1 && seconds <= 90)).toBe(true)
  expect(new Set(waits).size).toBeGreaterThan(5)
  expect(refused[0]?.answer()).toContain('"code":"connection_rate"')
  // The lane of those that come back is free.
  const back = open(gateway.address.port)
  back.send(requestText({}, 'GET /ws?resume=1 HTTP/1.1'))
  await until(() => back.status() === 101)
  const inside = storm.find((client) => client.status() === 101)
  inside?.send(clientFrame({ payload: '{"type":"ping","id":1}' }))
  await until(() => inside?.frames().some(({ payload }) => payload.includes('"pong"')) === true)
  expect(happened(gateway.stats().refused)).toEqual({ connection_rate: refused.length })
})

test('of connections that say nothing the oldest are cut when there are too many, and who speaks is heard', async () => {
  const { gateway } = await runGate({ limits: { pendingHandshakes: 16 } })
  const silent = Array.from({ length: 40 }, () => open(gateway.address.port))
  await until(() => silent.filter((client) => client.isEnded()).length === 24)
  expect(gateway.stats()).toMatchObject({ handshakes: 16, handshakesCut: 24 })
  const client = open(gateway.address.port)
  client.send(requestText())
  await until(() => client.status() === 101)
  expect(gateway.stats().handshakes).toBeLessThanOrEqual(16)
})

test('who only asks for health or for what is not there keeps no connection', async () => {
  const { gateway } = await runGate({ limits: { sessions: 2 } })
  const many = Array.from({ length: 150 }, () => open(gateway.address.port))
  for (const [index, client] of many.entries())
    client.send(`GET ${index % 2 === 0 ? '/health' : '/nothing'} HTTP/1.1\r\nHost: x\r\n\r\n`)
  await Promise.all(many.map(({ ended }) => ended))
  expect(new Set(many.map((client) => client.status()))).toEqual(new Set([200, 404]))
  expect(gateway.stats().handshakes).toBe(0)
})

/** Asks for a file and does not read it. */
async function stall(port: number, localAddress: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress }).pause()
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write('GET /big.js HTTP/1.1\r\nHost: x\r\n\r\n')
  return socket
}

async function bigFile(): Promise<string> {
  const folder = await tempFolder()
  await writeFile(join(folder, 'big.js'), Buffer.alloc(32 << 20, 32))
  return folder
}

test('of those that get files the address with most of them gives way', async () => {
  const { gateway } = await runGate({ static: await bigFile(), limits: { pendingHandshakes: 16 } })
  const { port } = gateway.address
  const slow = await stall(port, '127.0.0.2')
  await Promise.all(Array.from({ length: 40 }, () => stall(port, '127.0.0.3')))
  await until(() => gateway.stats().handshakesCut === 25)
  const client = open(port)
  client.send(requestText())
  await until(() => client.status() === 101)
  // The oldest, and not one of those that were cut to make room.
  slow.resume()
  let read = 0
  slow.on('data', (chunk) => (read += chunk.length))
  await once(slow, 'close')
  expect(read).toBeGreaterThan(32 << 20)
})

test('who asks for a file and never reads it is cut', async () => {
  const { gateway } = await runGate({ static: await bigFile(), limits: { handshakeTimeoutMs: 200 } })
  await stall(gateway.address.port, '127.0.0.1')
  await until(() => gateway.stats().handshakes === 1)
  await vi.waitFor(() => expect(gateway.stats().handshakes).toBe(0), { timeout: 18_000 })
})

test('headers, and a body that nobody wants, have to end in time however they dribble', async () => {
  const { gateway } = await runGate({ limits: { handshakeTimeoutMs: 400 } })
  const [headers, body] = [open(gateway.address.port), open(gateway.address.port)]
  headers.send('GET /ws HTTP/1.1\r\n')
  dribble(headers, 'X-A: b\r\n')
  body.send('GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n')
  dribble(body, 'x')
  await Promise.all([headers.ended, body.ended])
  expect(headers.status()).toBe(408)
})

test('a frame that dribbles ends with its code, and so does one that never goes on', async () => {
  const { gateway } = await runGate({ limits: { frameTimeoutMs: 400 } })
  const frame = clientFrame({ payload: `{"type":"ping","id":1,"x":"${'x'.repeat(5000)}"}` })
  const [dribbled, begun, behind] = [1, 2, 3].map(() => open(gateway.address.port)) as [RawClient, RawClient, RawClient]
  for (const client of [dribbled, begun, behind]) {
    client.send(requestText())
    await until(() => client.status() === 101)
    client.send(clientFrame({ payload: '{"type":"connect","id":0}' }))
    await until(() => client.frames().length === 1)
  }
  dribble(dribbled, frame)
  begun.send(frame.subarray(0, 100))
  // In one piece with a whole one.
  behind.send(Buffer.concat([clientFrame({ payload: '{"type":"ping","id":1}' }), frame.subarray(0, 100)]))
  const all = [dribbled, begun, behind]
  await until(() => all.every((client) => client.closeCode() !== undefined))
  expect(all.map((client) => client.closeCode())).toEqual([4013, 4013, 4013])
})

test('who floods pings and reads no answers is closed, and the answers are not heaped up', async () => {
  const { gateway } = await runGate({ limits: { sendBufferBytes: 65_536, messagesPerS: 1_000_000 } })
  const client = open(gateway.address.port)
  client.send(requestText())
  await until(() => client.status() === 101)
  client.socket.pause()
  const flood = Buffer.concat(Array.from({ length: 4000 }, () => clientFrame({ opcode: 9, payload: 'x'.repeat(125) })))
  const send = (): void => {
    if (!client.socket.destroyed) client.socket.write(flood, () => setImmediate(send))
  }
  send()
  // What is sent behind it may be read for some seconds.
  await vi.waitFor(() => expect(happened(gateway.stats().closed)).toEqual({ slow: 1 }), {
    timeout: 18_000,
    interval: 50,
  })
}, 20_000)

test('two connections from an address, and no third; another address has its own', async () => {
  const { gateway } = await runGate({ limits: { sessionsPerAddress: 2 } })
  const all = Array.from({ length: 3 }, () => open(gateway.address.port))
  for (const client of all) {
    client.send(requestText())
    await until(() => client.status() !== undefined)
  }
  expect(all.map((client) => client.status())).toEqual([101, 101, 429])
  const [first] = all
  first?.socket.destroy()
  await until(() => gateway.stats().sessions === 1)
  const again = open(gateway.address.port)
  again.send(requestText())
  await until(() => again.status() === 101)
})
