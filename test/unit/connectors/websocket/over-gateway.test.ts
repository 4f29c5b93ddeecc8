import { once } from 'node:events'
import { expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { GatewayPort } from '#api'
import { toNamespaces } from '../../../../src/config/namespaces.ts'
import { webSocketServerSink } from '../../../../src/connectors/websocket/server-sink.ts'
import { webSocketServerSource } from '../../../../src/connectors/websocket/server-source.ts'
import { startGateway } from '../../../../src/gateway/index.ts'
import { systemClock } from '../../../../src/util/clock.ts'
import { testSink } from '../../../conformance/sink.ts'
import { testSource } from '../../../conformance/source.ts'
import { noLimits } from '../../../support/no-limits.ts'
import { plainEdge } from '../../../support/plain-edge.ts'
import { quietLog } from '../../../support/quiet.ts'

interface Frame {
  readonly type: string
  readonly id?: number
  readonly data?: unknown
  readonly code?: string
  readonly message?: string
}

/** A real gateway on a free port, and how many connectors are attached to it. */
async function startGate() {
  const gateway = await startGateway({
    settings: {
      host: '127.0.0.1',
      port: 0,
      origins: [],
      static: null,
      compression: 'none',
      namespaces: toNamespaces({
        all: { subscribe: 'anonymous', publish: 'none' },
        n: { subscribe: 'anonymous', publish: 'none' },
        report: { subscribe: 'none', publish: 'anonymous' },
      }),
      ...plainEdge,
      resume: { readers: 2, readBytesPerS: 0, historyItems: 1000 },
      position: {
        keys: [Buffer.alloc(32, 1).toString('base64')],
        maxAgeMs: 60_000,
        intervalMs: 30_000,
        epochMs: 60_000,
      },
      limits: {
        frameBytes: 65_536,
        messageBytes: 1_048_576,
        sessions: 0,
        subscriptionsPerSession: 10,
        sendBufferBytes: 8_388_608,
        inFlightBytes: 0,
        conflatedMessages: 10_000,
        conflatedBytes: 8_388_608,
        connectTimeoutMs: 10_000,
        pingIntervalMs: 30_000,
        pingTimeoutMs: 10_000,
        publishWindow: 1000,
        channelLength: 255,
        ...noLimits,
      },
    },
    log: quietLog,
    clock: systemClock,
    started: () => true,
  })
  onTestFinished(() => gateway.stop())
  let attached = 0
  const counted = <F extends { detach(): void }>(feed: F): F => {
    attached++
    return {
      ...feed,
      detach() {
        attached--
        feed.detach()
      },
    }
  }
  const port: GatewayPort = {
    attachSink: (options) => counted(gateway.port.attachSink(options)),
    attachSource: (options) => counted(gateway.port.attachSource(options)),
  }
  return { port, url: `ws://127.0.0.1:${gateway.address.port}/ws`, attached: () => attached }
}

/** A plain client of `tidegate.v1`. */
async function connect(url: string) {
  const socket = new WebSocket(url)
  const frames: Frame[] = []
  socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString()) as Frame))
  await once(socket, 'open')
  onTestFinished(() => socket.terminate())
  let id = 0
  return {
    frames,
    /** Sends a request; resolves with its reply when it comes. */
    request(type: string, fields: object): { readonly reply: () => Frame | undefined } {
      const own = ++id
      socket.send(JSON.stringify({ type, id: own, ...fields }))
      return { reply: () => frames.find((frame) => frame.id === own) }
    },
  }
}

testSink({
  connector: webSocketServerSink,
  as: 'over the real gateway',
  keepsAll: true,
  async remote() {
    const gate = await startGate()
    let client: Awaited<ReturnType<typeof connect>> | undefined
    const messages = () => client?.frames.filter(({ type }) => type === 'message') ?? []
    return {
      props: { topics: 't', channel: 'n:#{value.n}, all', 'message.key': 'value.n' },
      gateway: gate.port,
      async started() {
        client = await connect(gate.url)
        const { reply } = client.request('subscribe', { channel: 'all' })
        await expect.poll(reply).toMatchObject({ type: 'subscribed' })
      },
      async received(count) {
        await expect.poll(() => messages().length).toBeGreaterThanOrEqual(count)
        return messages().map(({ data }) => data)
      },
      open: gate.attached,
    }
  },
})

testSource({
  connector: webSocketServerSource,
  as: 'over the real gateway',
  resumes: false,
  async remote() {
    const gate = await startGate()
    const client = connecting(gate.url)
    return {
      props: { channels: 'report:*', topic: 'reports', 'ingress.max.pending': '20' },
      gateway: gate.port,
      async feed(numbers) {
        for (const n of numbers) (await client()).request('publish', { channel: 'report:7', data: { n } })
      },
      async poison() {
        const { reply } = (await client()).request('publish', { channel: 'report:7', data: { n: 'one' } })
        await expect.poll(reply).toMatchObject({ type: 'error', code: 'invalid', field: 'n' })
        return reply()?.message
      },
      async flood() {
        const plain = await client()
        for (let n = 0; n < 40; n++) plain.request('publish', { channel: 'report:7', data: { n } })
        const refused = () => plain.frames.filter(({ code }) => code === 'busy').length
        await expect.poll(refused).toBe(20)
        return 20
      },
      open: gate.attached,
    }
  },
})

/** Connects at the first use: a gate lets clients in only when its connectors are attached. */
function connecting(url: string): () => ReturnType<typeof connect> {
  let client: ReturnType<typeof connect> | undefined
  return () => (client ??= connect(url))
}
