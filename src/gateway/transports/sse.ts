import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type ClientEvents, closeClient, createClient, type Form, type Outlet } from '../client.ts'
import { type CloseName, closeCodes, type ErrorName, errorCodes, type Refusal, refuse } from '../codes.ts'
import type { Connection } from '../connections.ts'
import { createFlow } from '../delivery/flow.ts'
import { pump } from '../delivery/pump.ts'
import type { Gate } from '../gate.ts'
import type { Joined } from '../join-stream.ts'
import { openQuestions } from '../limits/questions.ts'
import type { Identity } from '../who/auth.ts'
import { readSseTerms } from './sse-terms.ts'

/** Server-sent events (WHATWG HTML §9.2): one subscription of one or more channels for each request. */
export interface SseTransport {
  /** Answers with a stream, or calls `onRefused` when nothing was sent yet. */
  serve(request: SseRequest, onRefused: (refusal: Refusal) => void): Promise<void>
}

export interface SseRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly query: URLSearchParams
  readonly identity: Identity
  readonly headers: Readonly<Record<string, string>>
}

/** How long (ms) a client has to read what waits for it. */
const lingerMs = 5000
/** Milliseconds that a client waits before it comes back, in the mean. */
const retryMs = 3000
/** The same for a client whose gate has ended when it was its turn. */
const soonMs = 100

const event = (name: string, data: object, id?: string): string =>
  `event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`

export function createSseTransport(gate: Gate, formIndex: number): SseTransport {
  const form = createSseForm(formIndex)
  const { limits } = gate.settings

  return {
    async serve({ request, response, query, identity, headers }, onRefused) {
      const socket = response.socket
      // Behind a stream that never ends there is no turn for another answer; and the client may have gone meanwhile.
      if (!socket || socket.destroyed) {
        request.socket.destroy()
        return
      }
      const channels = query.getAll('channel')
      if (channels.length === 0)
        return onRefused(refuse('bad_request', 'Name the channel: /sse?channel=…', { field: 'channel' }))
      const asked = readSseTerms(query)
      if (!asked.ok) return onRefused(asked.refusal)
      const lastEventId = request.headers['last-event-id']
      const reached = (typeof lastEventId === 'string' ? lastEventId : undefined) || query.get('lastEventId')
      const position = reached || query.get('position') || undefined
      // Who comes back by itself does so with the address that it began with.
      const from = reached ? undefined : (query.get('from') ?? undefined)

      let begun = false
      const outlet = openOutlet(socket, (name) => {
        if (begun) return false
        leave()
        onRefused(refusalFor(name))
        return true
      })
      const write = (text: string): void => {
        if (begun && !client.closed) outlet.write(Buffer.from(text))
      }
      const events: ClientEvents = {
        // One subscription is all there is: without it the stream is at its end.
        unsubscribed: (_, code) => {
          write(event('unsubscribed', { code }))
          closeClient(client, code === 'revoked' ? 'revoked' : 'token_expired')
        },
        notice: (code, facts) => write(event('notice', { code, ...facts })),
      }
      const flow = createFlow({ inFlightBytes: 0, ping: undefined, now: gate.clock.now() })
      const client = createClient({
        flow,
        questions: openQuestions(gate, events),
        conflates: limits,
        session: randomUUID(),
        form,
        outlet,
        events,
        bufferBytes: limits.sendBufferBytes,
        messageBytes: limits.messageBytes,
      })
      const connection = openConnection(gate, {
        client,
        identity,
        write,
        sent: () => socket.bytesWritten,
        destroy: () => socket.destroy(),
      })
      gate.connections.add(connection)
      if (identity.isAuthenticated && !gate.connections.takeUser(identity.client, connection)) {
        gate.connections.remove(connection)
        gate.limits.refused.add('user_limit')
        return onRefused(refuse('user_limit', 'The user has as many connections as they may have.'))
      }
      const onClose = (): void => gate.connections.remove(connection)
      const leave = (): void => {
        socket.off('close', onClose)
        onClose()
      }
      socket.once('close', onClose)

      const onJoined = ({ position: told, recovered, reason, hasSnapshot }: Joined): void => {
        begun = true
        begin(response, headers)
        write(`retry: ${Math.round(retryMs * (0.5 + Math.random()))}\n\n`)
        const facts = { channels, recovered, ...(reason === undefined ? {} : { reason }), snapshot: hasSnapshot }
        // With a snapshot the position counts only once all of it came.
        write(event('subscribed', facts, hasSnapshot ? undefined : told))
      }
      const refusal = await gate.hub.subscribe(client, {
        id: 1,
        identity,
        channels,
        position,
        from,
        asked: asked.terms,
        onJoined,
      })
      // Gone meanwhile, or answered.
      if (client.closed) return
      if (refusal) {
        client.closed = true
        leave()
        return onRefused(refusal)
      }
      socket.on('drain', () => {
        for (const subscription of client.subscriptions.values()) gate.delivered(pump(subscription, gate.clock.now()))
      })
    },
  }
}

/** The body ends with the connection, so that shared bytes can be written to the socket without a chunk's frame around them. */
function begin(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
  response.useChunkedEncodingByDefault = false
  response.shouldKeepAlive = false
  response.writeHead(200, {
    ...headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  response.flushHeaders()
  response.socket?.setNoDelay(true)
}

/** `endsEarly` answers a stream that has not begun, if it has not. */
function openOutlet(socket: Socket, endsEarly: (name: CloseName) => boolean): Outlet {
  return {
    buffered: () => socket.writableLength,
    write: (bytes) => void socket.write(bytes),
    close(name) {
      if (endsEarly(name)) return
      socket.write(event('close', { code: name }))
      socket.end()
      const timer = setTimeout(() => socket.destroy(), lingerMs)
      socket.once('close', () => clearTimeout(timer))
    },
  }
}

/** Why a stream that was closed before it began is none. */
function refusalFor(name: CloseName): Refusal {
  if (name === 'token_expired') return refuse('bad_token', closeCodes[name].meaning)
  const isError = Object.hasOwn(errorCodes, name)
  return refuse(isError ? (name as ErrorName) : 'unavailable', closeCodes[name].meaning)
}

function openConnection(
  gate: Gate,
  given: Pick<Connection, 'client' | 'destroy'> & {
    readonly identity: Identity
    readonly write: (text: string) => void
    /** Bytes so far. */
    readonly sent: () => number
  },
): Connection {
  const { client, identity, write } = given
  const { limits } = gate.settings
  let beatAt = gate.clock.now()
  let waitsSince: number | undefined
  let sentBefore = 0
  return {
    client,
    identity: () => identity,
    destroy: () => given.destroy(),
    inFlight: () => 0,
    tick(now) {
      if (client.closed) return
      if (identity.expiresAt !== undefined && identity.expiresAt <= now) return closeClient(client, 'token_expired')
      // Nothing comes back on this transport: a heartbeat that never leaves is all there is to see.
      waitsSince = client.outlet.buffered() === 0 ? undefined : (waitsSince ?? now)
      if (waitsSince !== undefined && waitsSince + limits.pingIntervalMs + limits.pingTimeoutMs <= now)
        return closeClient(client, 'no_pong')
      if (beatAt + limits.pingIntervalMs > now) return
      beatAt = now
      write(':\n\n')
    },
    drain(reconnectAfter) {
      // The end of the stream comes when it is the client's turn: then it need not wait once more.
      write(`retry: ${soonMs}\n${event('notice', { code: 'draining', reconnectAfter })}`)
    },
    leave: () => undefined,
    cost() {
      const cost = client.outlet.buffered() + given.sent() - sentBefore
      sentBefore = given.sent()
      return cost
    },
  }
}

function createSseForm(index: number): Form {
  return {
    index,
    tellsEpochs: false,
    item({ channel, kind, key, data, epoch }, cursor) {
      const id = kind === 'expiry' ? '' : `id: ${epoch.text()}${cursor}\n`
      if (kind === 'position') return Buffer.from(`${id}\n`)
      const about = key === undefined ? '' : `,"key":${JSON.stringify(key)}`
      const value = data === undefined ? ',"deleted":true' : `,"data":${inOneLine(data)}`
      return Buffer.from(`${id}data: {"channel":${channel.json}${about}${value}}\n\n`)
    },
    batch({ channel, key }, items) {
      const about = key === undefined ? '' : `,"key":${JSON.stringify(key)}`
      const values = items.map(({ data }) => (data === undefined ? '{"deleted":true}' : `{"data":${inOneLine(data)}}`))
      return Buffer.from(`event: batch\ndata: {"channel":${channel.json}${about},"items":[${values.join()}]}\n\n`)
    },
    gone: (_subscription, { channel, key }) =>
      Buffer.from(`event: gone\ndata: {"channel":${channel.json},"key":${JSON.stringify(key)}}\n\n`),
    oversize(_subscription, { kind, channel, epoch }, cursor, size) {
      const id = kind === 'expiry' ? '' : `id: ${epoch.text()}${cursor}\n`
      return Buffer.from(`event: oversize\n${id}data: {"channel":${channel.json},"size":${size}}\n\n`)
    },
    page(_subscription, channel, page, position) {
      const id = position === undefined ? '' : `id: ${position}\n`
      const body = `{"channel":${channel.json},"items":[${inOneLine(page)}],"more":${position === undefined}}`
      return Buffer.from(`event: snapshot\n${id}data: ${body}\n\n`)
    },
  }
}

/** JSON has line breaks only between its tokens. */
const inOneLine = (json: string): string => (/[\r\n]/.test(json) ? json.replaceAll(/[\r\n]+/g, ' ') : json)
