import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { type CloseName, closeCodes } from '../../../src/gateway/codes.ts'
import type { Gateway } from '../../../src/gateway/index.ts'
import { type Open, type Received, runGate, testTransport, token, until } from '../../conformance/transport.ts'
import type { Frame } from './harness.ts'

const nameOf = (code: number): string =>
  (Object.keys(closeCodes) as CloseName[]).find((name) => closeCodes[name].code === code) ??
  (code === 1006 ? 'end' : String(code))

const open: Open = (gateway, { channel, position, from, snapshot, token: shown }) => {
  const socket = new WebSocket(`${gateway.address.url.replace('http', 'ws')}/ws`, 'tidegate.v1')
  let epoch = ''
  const received: { -readonly [K in keyof Received]: Received[K] } & {
    messages: unknown[]
    items: unknown[]
    notices: string[]
  } = {
    messages: [],
    items: [],
    snapshotEnded: false,
    subscribed: undefined,
    notices: [],
    refused: undefined,
    ended: undefined,
    position: undefined,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => socket.terminate(),
  }
  const advance = (told: unknown): void => {
    if (typeof told !== 'string') return
    if (!told.startsWith('.')) epoch = told.slice(0, told.indexOf('.'))
    received.position = told.startsWith('.') ? epoch + told : told
  }
  socket.on('unexpected-response', (_, response) => {
    response.on('data', (body: Buffer) => {
      received.refused = (JSON.parse(body.toString()) as { code: string }).code
    })
    response.on('end', () => socket.terminate())
  })
  socket.on('error', () => undefined)
  socket.on('open', () => {
    socket.send(JSON.stringify({ type: 'connect', id: 1, token: shown }))
    socket.send(JSON.stringify({ type: 'subscribe', id: 2, channel, position, from, snapshot }))
  })
  socket.on('message', (data: Buffer) => {
    const { type, position: told, ...frame } = JSON.parse(data.toString()) as Frame
    advance(told)
    if (type === 'message') received.messages.push(frame)
    else if (type === 'notice') received.notices.push(String(frame['code']))
    else if (type === 'error') received.refused = String(frame['code'])
    else if (type === 'ping') socket.send('{"type":"pong"}')
    else if (type === 'snapshot') {
      received.items.push(...(frame['items'] as never[]))
      received.snapshotEnded = frame['more'] === false
    } else if (type === 'subscribed') {
      const { recovered, reason } = frame as unknown as { recovered: boolean | null; reason?: string }
      received.subscribed = { recovered, ...(reason === undefined ? {} : { reason }) }
    }
  })
  socket.on('close', (code: number) => {
    received.ended = nameOf(code)
  })
  return received
}

testTransport(open)

/** A bare socket, and the close code it ends with. */
async function connect(
  gateway: Gateway,
  path = '/ws',
  headers = {},
): Promise<{ socket: WebSocket; frames: Frame[]; ended: Promise<string> }> {
  const socket = new WebSocket(`${gateway.address.url.replace('http', 'ws')}${path}`, { headers })
  onTestFinished(() => socket.terminate())
  const frames: Frame[] = []
  socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString()) as Frame))
  const ended = new Promise<string>((resolve) => socket.on('close', (code: number) => resolve(nameOf(code))))
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return { socket, frames, ended }
}

test('a frame over the limit, a binary frame and what is not JSON end the connection with their codes', async () => {
  const { gateway } = await runGate({ limits: { frameBytes: 1000 } })
  for (const [frame, code] of [
    [JSON.stringify({ type: 'ping', id: 1, text: 'x'.repeat(1000) }), 'frame_too_large'],
    [Buffer.from('{"type":"ping","id":1}'), 'bad_frame'],
    ['this is not JSON', 'bad_frame'],
  ] as const) {
    const { socket, ended } = await connect(gateway)
    socket.send(frame)
    expect(await ended).toBe(code)
  }
  await until(() => gateway.stats().sessions === 0)
})

test('a token may come in a header or in the address', async () => {
  const { gateway } = await runGate()
  const shown = await token({ sub: 'ann' })
  for (const [path, headers] of [
    ['/ws', { authorization: `Bearer ${shown}` }],
    [`/ws?token=${shown}`, {}],
  ] as const) {
    const { socket, frames } = await connect(gateway, path, headers)
    socket.send('{"type":"connect","id":1}')
    await until(() => frames.length > 0)
    expect(frames[0]).toMatchObject({ type: 'connected', client: 'ann' })
  }
})

test('pages of other origins are turned away, and nothing but /ws is upgraded', async () => {
  const { gateway } = await runGate({ origins: ['https://maps.example'] })
  const own = gateway.address.url
  for (const origin of ['https://maps.example', own, undefined])
    await connect(gateway, '/ws', origin === undefined ? {} : { origin })
  await expect(connect(gateway, '/ws', { origin: 'https://evil.example' })).rejects.toThrow('403')
  await expect(connect(gateway, '/ws', { origin: 'null' })).rejects.toThrow('403')
  await expect(connect(gateway, '/other')).rejects.toThrow('404')
})

test('frames of the gate and control frames of the socket do not mix', async () => {
  const { gateway, buses } = await runGate()
  const { socket, frames } = await connect(gateway)
  const messages = () => frames.filter(({ type }) => type === 'message')
  // So much is sent only to who keeps up.
  socket.on('message', (data: Buffer) => {
    if (data.toString() === '{"type":"ping"}') socket.send('{"type":"pong"}')
  })
  socket.send('{"type":"subscribe","id":1,"channel":"bus:1"}')
  await until(() => frames.length === 2)
  let pongs = 0
  socket.on('pong', () => pongs++)
  for (let n = 0; n < 300; n++) {
    buses.record([{ channel: 'bus:1', data: 'x'.repeat(n * 300) }])
    socket.ping()
    if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await until(() => pongs === 300 && messages().length === 300)
  expect(messages().map(({ data }) => String(data).length)).toEqual(Array.from({ length: 300 }, (_, n) => n * 300))
})

test('a publication that waits is answered before the gate closes', async () => {
  const { gateway } = await runGate()
  let answer: (() => void) | undefined
  gateway.port.attachSource({
    connector: 'reports',
    channels: ['report:*'],
    publish: () =>
      new Promise((resolve) => {
        answer = () => resolve({ ok: true })
      }),
  })
  const { socket, frames, ended } = await connect(gateway)
  socket.send('{"type":"publish","id":1,"channel":"report:1","data":1}')
  await until(() => answer !== undefined)
  const stopped = gateway.stop()
  await until(() => frames.some(({ type }) => type === 'notice'))
  answer?.()
  expect(await ended).toBe('shutdown')
  await stopped
  expect(frames.at(-1)).toEqual({ type: 'published', id: 1 })
})
