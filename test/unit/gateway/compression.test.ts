import { constants, inflateRawSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { closeCodes } from '../../../src/gateway/codes.ts'
import { deflatedFrame, textFrame } from '../../../src/gateway/transports/text-frame.ts'
import { runGate, until } from '../../conformance/transport.ts'
import type { Frame, SettingsChange } from './harness.ts'

const big = { id: 1, names: Array.from({ length: 200 }, (_, at) => `Käpylä ${at}`) }
const size = Buffer.byteLength(JSON.stringify(big))

async function open(change: SettingsChange = { compression: 'channel' }) {
  const { gateway, buses } = await runGate(change)
  const connect = async (options: ClientOptions, first: object = {}) => {
    const socket = new WebSocket(`${gateway.address.url.replace('http', 'ws')}/ws`, 'tidegate.v1', options)
    onTestFinished(() => socket.terminate())
    const frames: Frame[] = []
    const client = { socket, frames, closed: 0, read: 0, of: (type: string) => frames.filter((f) => f.type === type) }
    socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString()) as Frame))
    socket.on('close', (code) => {
      client.closed = code
    })
    socket.on('upgrade', ({ socket: tcp }) => tcp.on('data', (bytes: Buffer) => (client.read += bytes.length)))
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'connect', id: 1, ...first }))
      socket.send(JSON.stringify({ type: 'subscribe', id: 2, channel: 'bus:1' }))
    })
    await until(() => client.of('subscribed').length === 1)
    client.read = 0
    return client
  }
  return { buses, connect }
}

test('a message is compressed for the clients that take it, and plain for all others', async () => {
  const { buses, connect } = await open()
  const deflating = await connect({ perMessageDeflate: true })
  const plain = await connect({ perMessageDeflate: false })
  const limited = await connect({ perMessageDeflate: true }, { maxMessageBytes: size + 1000 })
  const narrow = await connect({ perMessageDeflate: { serverMaxWindowBits: 9 } })
  expect(deflating.socket.extensions).toBe('permessage-deflate')
  expect(plain.socket.extensions).toBe('')
  const all = [deflating, plain, limited, narrow]
  for (const data of [big, { id: 1 }, big]) buses.record([{ channel: 'bus:1', data }])
  await until(() => all.every((client) => client.of('message').length === 3))
  for (const client of all) expect(client.of('message').map(({ data }) => data)).toEqual([big, { id: 1 }, big])
  expect(deflating.read).toBeLessThan(size)
  for (const { read } of [plain, limited, narrow]) expect(read).toBeGreaterThan(2 * size)
})

test('nothing is compressed unless it is turned on', async () => {
  const { connect } = await open({})
  expect((await connect({ perMessageDeflate: true })).socket.extensions).toBe('')
})

test('what a client sends counts as it is when inflated', async () => {
  const { connect } = await open({ compression: 'channel', limits: { frameBytes: 65_536 } })
  const client = await connect({ perMessageDeflate: { threshold: 0 } })
  client.socket.send(JSON.stringify({ type: 'ping', id: 3, more: 'x'.repeat(60_000) }))
  await until(() => client.of('pong').length === 1)
  client.socket.send(JSON.stringify({ type: 'ping', id: 4, more: 'x'.repeat(50_000_000) }))
  await until(() => client.closed > 0)
  expect(client.closed).toBe(closeCodes.frame_too_large.code)
})

test('a frame is compressed by itself, and only when that is worth it', () => {
  const frame = deflatedFrame(100_000)
  const text = JSON.stringify(big)
  const deflated = frame(text)
  expect(deflated[0]).toBe(0xc1)
  const whole = Buffer.concat([deflated.subarray(4), Buffer.from([0, 0, 0xff, 0xff])])
  expect(inflateRawSync(whole, { finishFlush: constants.Z_SYNC_FLUSH }).toString()).toBe(text)
  const noise = Array.from({ length: 400 }, (_, at) => String.fromCodePoint(0x4e00 + ((at * 7919) % 20_000))).join('')
  for (const each of ['short', noise, 'x'.repeat(100_000)]) expect(frame(each)).toEqual(textFrame(each))
})
