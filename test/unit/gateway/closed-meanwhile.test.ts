import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { closeClient } from '../../../src/gateway/client.ts'
import { createSseTransport } from '../../../src/gateway/transports/sse.ts'
import { anonymous } from '../../../src/gateway/who/auth.ts'
import { until } from '../../conformance/transport.ts'
import { type FakeGate, fakeGate, feeder, makeAttachment, manualClock, secret, settle } from './harness.ts'

const clock = manualClock()

const tokenOf = (claims: Record<string, unknown>): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret))

async function gateWithBuses(): Promise<FakeGate> {
  const gate = fakeGate(clock)
  feeder(gate.hub.port.attachSink(makeAttachment())).feed.ready()
  await settle()
  return gate
}

const subscriptionsOf = (gate: FakeGate): number =>
  [...gate.hub.streams()].reduce((sum, stream) => sum + stream.subscriptions.size + stream.pulls.size, 0)

test('a client that goes while the token of its subscription is checked leaves no subscription', async () => {
  const gate = await gateWithBuses()
  const token = await tokenOf({ sub: 'ann' })
  const client = gate.connect()
  client.send({ type: 'connect', id: 1 })
  await settle()
  client.send({ type: 'subscribe', id: 2, channel: 'bus:1', token, snapshot: true })
  client.disconnect()
  await settle()
  expect([gate.gate.connections.size(), subscriptionsOf(gate)]).toEqual([0, 0])
})

test('a connection that goes while its token is checked takes no producer over', async () => {
  const gate = await gateWithBuses()
  const token = await tokenOf({ sub: 'ann' })
  const first = gate.connect()
  first.send({ type: 'connect', id: 1, token, producer: 'p' })
  await settle()
  const gone = gate.connect()
  gone.send({ type: 'connect', id: 1, token, producer: 'p' })
  gone.disconnect()
  await settle()
  expect(first.closed()).toBeUndefined()
  const next = gate.connect()
  next.send({ type: 'connect', id: 1, token, producer: 'p' })
  await settle()
  expect([first.closed(), next.closed()]).toEqual(['producer_taken_over', undefined])
})

/** A real HTTP server before the transport alone, so that a test decides when a request reaches it. */
async function serve(listener: (request: IncomingMessage, response: ServerResponse) => void): Promise<Socket> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => undefined).resume()
  onTestFinished(() => {
    socket.destroy()
    server.closeAllConnections()
    server.close()
  })
  return socket
}

const get = (channel: string): string => `GET /sse?channel=${channel} HTTP/1.1\r\nHost: x\r\n\r\n`

const queryOf = (request: IncomingMessage): URLSearchParams => new URL(`http://x${request.url ?? ''}`).searchParams

test('an event stream whose socket closed before it began leaves no session', async () => {
  const gate = await gateWithBuses()
  const sse = createSseTransport(gate.gate, 1)
  const served: Promise<void>[] = []
  const socket = await serve((request, response) => {
    const late = once(response, 'close').then(() =>
      sse.serve({ request, response, query: queryOf(request), identity: anonymous(), headers: {} }, () => undefined),
    )
    served.push(late)
    socket.resetAndDestroy()
  })
  socket.write(get('bus:1'))
  await until(() => served.length === 1)
  await Promise.all(served)
  expect([gate.gate.connections.size(), subscriptionsOf(gate)]).toEqual([0, 0])
})

test('refused event streams leave nothing behind on a connection that is kept', async () => {
  const gate = await gateWithBuses()
  const sse = createSseTransport(gate.gate, 1)
  const listeners: number[] = []
  const socket = await serve((request, response) => {
    const refused = (): void => void response.end('no')
    void sse
      .serve({ request, response, query: queryOf(request), identity: anonymous(), headers: {} }, refused)
      .then(() => listeners.push(request.socket.listenerCount('close')))
  })
  for (let n = 1; n <= 5; n++) {
    socket.write(get('nowhere:1'))
    await until(() => listeners.length === n)
  }
  expect(new Set(listeners).size).toBe(1)
})

test('a request behind an event stream, which would wait for ever, ends the connection', async () => {
  const gate = await gateWithBuses()
  const sse = createSseTransport(gate.gate, 1)
  const socket = await serve((request, response) => {
    const refused = (): void => void response.end('no')
    void sse.serve({ request, response, query: queryOf(request), identity: anonymous(), headers: {} }, refused)
  })
  socket.write(get('bus:1'))
  await until(() => subscriptionsOf(gate) === 1)
  socket.write(get('bus:1').repeat(3))
  await once(socket, 'close')
  await until(() => gate.gate.connections.size() === 0)
  expect(subscriptionsOf(gate)).toBe(0)
})

test.each([
  ['token_expired', 'bad_token'],
  ['revoked', 'revoked'],
  ['overloaded', 'overloaded'],
  ['shutdown', 'unavailable'],
] as const)(
  'an event stream closed as %s while Kafka is asked is answered %s and is no session any more',
  async (closed, code) => {
    const further = await gateWithBuses()
    const buses = [...further.hub.streams()].map(({ feed }) => feeder(feed))
    for (let n = 0; n < 5; n++) buses[0]?.record([{ channel: 'bus:1', data: n }])
    const client = further.connect()
    client.send({ type: 'subscribe', id: 1, channel: 'bus:1' })
    await settle()
    const position = String(client.of('subscribed')[0]?.['position'])
    // One that has read less asks Kafka what it holds, which does not answer.
    let asked = false
    const timestampAt = (): Promise<'gone'> => {
      asked = true
      return new Promise(() => undefined)
    }
    const gate = fakeGate(clock)
    const attachment = makeAttachment({ identity: { clusterId: async () => 'cluster-1', timestampAt } })
    feeder(gate.hub.port.attachSink(attachment)).feed.ready()
    await settle()
    const sse = createSseTransport(gate.gate, 1)
    const refused: string[] = []
    const socket = await serve((request, response) => {
      const query = new URLSearchParams({ channel: 'bus:1', position })
      void sse.serve({ request, response, query, identity: anonymous(), headers: {} }, (refusal) => {
        refused.push(refusal.code)
        response.end()
      })
    })
    socket.write(get('bus:1'))
    await until(() => asked)
    for (const connection of gate.gate.connections.all()) closeClient(connection.client, closed)
    expect([refused, gate.gate.connections.size()]).toEqual([[code], 0])
  },
)
