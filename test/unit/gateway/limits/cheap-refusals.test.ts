import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { Gate } from '../../../../src/gateway/gate.ts'
import { createHttpServer } from '../../../../src/gateway/listener/http.ts'
import { createProxies } from '../../../../src/gateway/listener/proxies.ts'
import type { LimitSettings } from '../../../../src/gateway/settings.ts'
import { rawClient, requestText } from '../../../support/raw-websocket.ts'
import { fakeGate, manualClock } from '../harness.ts'

interface Case {
  readonly limits?: Partial<LimitSettings>
  readonly isReady?: boolean
  readonly isOverloaded?: boolean
  /** Requests let in before. */
  readonly before?: number
  readonly origin?: string
}

/** The listener in front of a gate that counts what it is asked to do. */
async function listen({ limits = {}, isReady = true, isOverloaded = false }: Case) {
  const done = { tokens: 0, upgrades: 0, streams: 0 }
  const { gate, load } = fakeGate(manualClock(), { limits: { ...limits, eventLoopDelayMs: 100 } })
  if (isOverloaded) {
    load.eventLoopDelayMs = 1000
    for (let n = 0; n < 4; n++) gate.limits.load.look()
  }
  const counting: Gate = {
    ...gate,
    auth: {
      admit: gate.auth.admit,
      allows: gate.auth.allows,
      verify(token) {
        done.tokens++
        return gate.auth.verify(token)
      },
    },
  }
  const server = createHttpServer({
    gate: counting,
    websocket: { upgrade: () => void done.upgrades++ },
    sse: {
      async serve({ response }) {
        done.streams++
        response.writeHead(200).end()
      },
    },
    proxies: createProxies({ trusted: [], protocol: 'none' }),
    tls: undefined,
    isReady: () => isReady,
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { done, port: (server.address() as AddressInfo).port }
}

const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.x'.padEnd(4000, 'x')

const cases: readonly [why: string, status: number, code: string, how: Case][] = [
  ['a page of another origin', 403, 'forbidden', { origin: 'https://evil.example' }],
  ['a gate that warms up', 503, 'unavailable', { isReady: false }],
  ['a gate that is full', 503, 'busy', { limits: { sessions: 1 }, before: 1 }],
  ['a gate with too much to do', 503, 'overloaded', { isOverloaded: true }],
  ['an address with as many as it may have', 429, 'address_limit', { limits: { sessionsPerAddress: 1 }, before: 1 }],
  ['too many at once', 503, 'connection_rate', { limits: { connectionsPerS: 1, connectionBurst: 1 }, before: 1 }],
]

test.each(cases)(
  'for %s a handshake is refused before its token is looked at, in a few bytes and for good',
  async (_, status, code, how) => {
    const { done, port } = await listen(how)
    for (let n = 0; n < (how.before ?? 0); n++) {
      const client = rawClient(port)
      onTestFinished(() => void client.socket.destroy())
      client.send(requestText())
      await expect.poll(() => done.upgrades).toBe(n + 1)
    }
    const before = { ...done }
    for (const path of [`/ws?token=${token}`, `/sse?channel=bus:1&token=${token}`]) {
      const client = rawClient(port)
      const headers = { Authorization: `Bearer ${token}`, Origin: how.origin }
      client.send(
        requestText(
          path.startsWith('/ws') ? headers : { ...headers, Upgrade: undefined, Connection: undefined },
          `GET ${path} HTTP/1.1`,
        ),
      )
      await client.ended
      expect(client.status()).toBe(status)
      expect(client.answer()).toContain(`"code":"${code}"`)
      expect(client.answer()).not.toContain(token.slice(0, 20))
      expect(client.answer().length).toBeLessThan(700)
    }
    expect(done).toEqual(before)
  },
)

test('who is let in has a token looked at once, and an upgrade none before its first frame', async () => {
  const { done, port } = await listen({})
  const [stream, socket] = [rawClient(port), rawClient(port)]
  onTestFinished(() => void socket.socket.destroy())
  stream.send(
    requestText({ Upgrade: undefined, Connection: 'close' }, `GET /sse?channel=bus:1&token=${token} HTTP/1.1`),
  )
  await stream.ended
  socket.send(requestText({}, `GET /ws?token=${token} HTTP/1.1`))
  await expect.poll(() => done.upgrades).toBe(1)
  expect(done).toEqual({ tokens: 1, upgrades: 1, streams: 0 })
})
