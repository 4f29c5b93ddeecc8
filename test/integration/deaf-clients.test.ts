import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import { runGate, until } from '../conformance/transport.ts'
import { clientFrame, type RawClient, rawClient, requestText } from '../support/raw-websocket.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const MiB = 1024 * 1024
const [deaf, hearing, messages, size] = [100, 2, 700, 60_000]

async function subscriber(port: number): Promise<RawClient> {
  const client = rawClient(port)
  onTestFinished(() => void client.socket.destroy())
  client.send(requestText())
  await until(() => client.status() === 101)
  client.send(clientFrame({ payload: '{"type":"subscribe","id":1,"channel":"bus:1"}' }))
  await until(() => client.frames().some(({ payload }) => payload.includes('"subscribed"')))
  return client
}

test('a hundred clients that never read cost no more than their bound, and the others get everything', async () => {
  const sendBufferBytes = 64 * 1024
  const { gateway, buses } = await runGate(
    { limits: { sendBufferBytes } },
    { window: { maxBytes: 2 * MiB, maxAgeMs: 3_600_000 } },
  )
  const { port } = gateway.address
  const silent = await Promise.all(Array.from({ length: deaf }, () => subscriber(port)))
  for (const { socket } of silent) socket.pause()
  const open = await Promise.all(Array.from({ length: hearing }, () => subscriber(port)))
  const next = open.map(() => 0)
  const read = (): void => {
    for (const [index, client] of open.entries())
      for (const { payload } of client.take()) {
        const head = payload.subarray(0, 200).toString()
        if (head.includes('"ping"')) client.send(clientFrame({ payload: '{"type":"pong"}' }))
        const n = /"n":(\d+)/.exec(head)?.[1]
        if (n === undefined) continue
        expect(Number(n)).toBe(next[index])
        next[index] = Number(n) + 1
      }
  }

  const text = 'x'.repeat(size)
  const before = process.memoryUsage().arrayBuffers
  for (let n = 0; n < messages; n++) {
    buses.record([{ channel: 'bus:1', data: { n, text } }])
    // As fast as the others read.
    if (n % 5 === 4) await until(() => (read(), next.every((count) => count > n)))
  }
  await until(() => (read(), next.every((count) => count === messages)))
  // The bytes of a message are shared by all for whom it waits: at worst each waits for others. The clients have buffers of their own.
  const ofClients = deaf * 2 * 64 * 1024
  const bound = deaf * sendBufferBytes + ofClients + 4 * MiB
  // What is free is given back by and by: one collection does not always do.
  await until(() => {
    collect()
    return process.memoryUsage().arrayBuffers - before < bound
  })
  expect(open.every((client) => !client.isEnded())).toBe(true)
}, 60_000)
