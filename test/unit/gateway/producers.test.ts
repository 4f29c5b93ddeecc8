import { once } from 'node:events'
import { SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { IngressAnswer, SourceAttachment } from '#api'
import { runGate } from '../../conformance/transport.ts'
import { secret } from './harness.ts'

const ok: IngressAnswer = { ok: true }

const source = (connector: string, channel: string, exactlyOnce: boolean): SourceAttachment => ({
  connector,
  channels: [channel],
  exactlyOnce,
  publish: async () => ok,
})

async function connect(url: string, more: object = {}) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`)
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connect', id: 1, ...more }))
  const [text] = (await once(socket, 'message')) as [Buffer]
  return { socket, connected: JSON.parse(text.toString()) as { session: string; exactlyOnce: boolean } }
}

test('a connection is told exactly once only when all that takes publications is', async () => {
  const { gateway } = await runGate()
  const { port, address } = gateway
  expect((await connect(address.url)).connected.exactlyOnce).toBe(false)
  port.attachSource(source('a', 'report:*', true))
  expect((await connect(address.url)).connected.exactlyOnce).toBe(true)
  port.attachSource(source('b', 'chat:*', false))
  expect((await connect(address.url)).connected.exactlyOnce).toBe(false)
})

test('a source hears of producers, and closes one that connected elsewhere', async () => {
  const { gateway } = await runGate()
  const heard: unknown[] = []
  const feed = gateway.port.attachSource({
    ...source('a', 'report:*', true),
    producerConnected: (producer) => heard.push(producer),
    producerDisconnected: (session) => heard.push(session),
  })
  await connect(gateway.address.url)
  const token = await new SignJWT({ sub: 'ann' })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret))
  const { socket, connected } = await connect(gateway.address.url, { token, producer: 'p' })
  const { session } = connected
  await expect.poll(() => heard).toEqual([{ client: 'ann', producer: 'p', session }])
  const closed = once(socket, 'close')
  feed.closeProducer('another')
  feed.closeProducer(session)
  expect(await closed).toMatchObject([4504, expect.anything()])
  await expect.poll(() => heard.at(-1)).toBe(session)
  feed.closeProducer(session)
})
