import { randomUUID } from 'node:crypto'
import { type ClientEvents, closeClient, createClient, dropSubscription, type Form } from './client.ts'
import type { Link } from './client-link.ts'
import type { CloseName, Refusal } from './codes.ts'
import { refuse } from './codes.ts'
import type { Connection } from './connections.ts'
import { createFlow } from './delivery/flow.ts'
import { pump } from './delivery/pump.ts'
import type { Gate } from './gate.ts'
import { expensiveTypes } from './limits/expensive.ts'
import { createInbound } from './limits/inbound.ts'
import { openQuestions } from './limits/questions.ts'
import type { ClientFrame, ServerFrame } from './protocol.ts'
import { readFrame } from './read-frame.ts'
import { answerRequest } from './requests/answer.ts'
import type { Requester } from './requests/requester.ts'
import { anonymous, type Identity } from './who/auth.ts'
import { createExpiry } from './who/session-expiry.ts'

/** One connection that speaks `tidegate.v1`. */
export interface Session extends Connection {
  /** A text frame came. */
  receive(text: string): void
  /** A ping or pong of the socket itself came. */
  control(): void
  /** The client ends the connection: nothing more is sent to it. */
  left(): void
  /** A frame came that is none of the protocol's. */
  fail(name: CloseName): void
}

export interface SessionOptions {
  readonly link: Link
  readonly form: Form
  /** Wraps a text for the socket. */
  readonly frame: (text: string) => Buffer
  /** From the handshake. */
  readonly token: string | undefined
  /** Who it is without a token, by its certificate; absent: nobody known. */
  readonly certified?: Identity | undefined
}

const pong = '{"type":"pong"}'

/** Frames are taken up one after the other; only publications wait for their answers side by side. */
export function openSession(gate: Gate, { link, form, frame, token, certified }: SessionOptions): Session {
  const { settings, auth, clock, log, connections } = gate
  const { limits } = settings
  const openedAt = clock.now()
  const inbound = createInbound(limits, link.received(), openedAt)
  const queue: string[] = []
  const inFlight = new Set<number>()
  let working = false
  /** Nothing is read from the client. */
  let isPaused = false
  let leaving = false
  let movedBefore = 0
  let identity: Identity | undefined
  let producer: string | undefined

  const send = (reply: ServerFrame): void => sendText(JSON.stringify(reply))
  const sendText = (text: string): void => {
    if (client.closed) return
    const bytes = frame(text)
    // Who asks and does not read the answers is slow too.
    if (link.buffered() + bytes.length > limits.sendBufferBytes) closeClient(client, 'slow')
    else link.reply(bytes)
  }
  const events: ClientEvents = {
    unsubscribed: ({ id }, code) => send({ type: 'unsubscribed', subscription: id, code }),
    notice: (code, facts) => send({ type: 'notice', code, ...facts }),
  }
  const { ping } = form
  const writePing = ping && (() => link.write(ping))
  const flow = createFlow({ inFlightBytes: limits.inFlightBytes, ping: writePing, now: openedAt })
  const client = createClient({
    session: randomUUID(),
    form,
    outlet: link,
    events,
    bufferBytes: limits.sendBufferBytes,
    messageBytes: limits.messageBytes,
    flow,
    questions: openQuestions(gate, events),
    conflates: limits,
  })
  const refuseFrame = (id: number | undefined, refusal: Refusal): void =>
    send({ type: 'error', ...(id === undefined ? {} : { id }), ...refusal })

  const isUserFull = (who: Identity): boolean => who.isAuthenticated && !connections.takeUser(who.client, session)
  const refuseUser = (id?: number): void => {
    gate.limits.refused.add('user_limit')
    refuseFrame(id, refuse('user_limit', 'The user has as many connections as they may have.'))
    closeClient(client, 'user_limit')
  }

  const greet = (who: Identity, id?: number): void => {
    if (isUserFull(who)) return refuseUser(id)
    identity = who
    const { frameBytes, subscriptionsPerSession, publishWindow, channelLength } = limits
    const { messageBytes } = client
    send({
      type: 'connected',
      ...(id === undefined ? {} : { id }),
      client: who.client,
      session: client.session,
      ...(who.expiresAt === undefined ? {} : { expires: who.expiresAt }),
      ping: { interval: limits.pingIntervalMs, timeout: limits.pingTimeoutMs },
      limits: { frameBytes, messageBytes, subscriptions: subscriptionsPerSession, publishWindow, channelLength },
      exactlyOnce: gate.hub.isExactlyOnce(),
    })
    gate.hub.welcome(client)
  }
  const checkExpiry = createExpiry(client)
  const refuseToken = (refusal: Refusal, id?: number): void => {
    refuseFrame(id, refusal)
    const { code } = refusal
    closeClient(client, code === 'revoked' || code === 'unavailable' ? code : 'bad_token')
  }
  /** Who shows the token, or nothing at all. */
  const identify = async (shown: string | undefined): Promise<Identity | Refusal> => {
    if (shown === undefined) return certified ? auth.admit(certified) : anonymous()
    const who = await auth.verify(shown)
    return 'isForOne' in who && who.isForOne
      ? refuse('bad_token', 'The token is for one subscription: send it with `subscribe`.')
      : who
  }

  const connect = async (wanted: Extract<ClientFrame, { type: 'connect' }>): Promise<void> => {
    const { id } = wanted
    if (identity) return refuseFrame(id, refuse('already_connected', 'The connection is open already.'))
    const shown = wanted.token ?? token
    const who = await identify(shown)
    if ('code' in who) return refuseToken(who, id)
    if (wanted.producer !== undefined && !who.isAuthenticated)
      return refuseFrame(id, refuse('forbidden', 'A producer needs a token with a subject.', { field: 'producer' }))
    client.messageBytes = Math.min(wanted.maxMessageBytes ?? limits.messageBytes, limits.messageBytes)
    // What it asks of a frame holds of what is in it.
    if (client.messageBytes < limits.messageBytes) client.form = client.form.uncompressed ?? client.form
    greet(who, id)
    producer = wanted.producer
    if (producer === undefined) return
    const former = connections.takeProducer(JSON.stringify([who.client, producer]), session)
    if (former) closeClient(former.client, 'producer_taken_over')
    if (!client.closed) gate.hub.producerConnected({ client: who.client, session: client.session, producer })
  }

  /** The handshake of a client that begins with another frame. */
  const connectSilently = async (): Promise<void> => {
    const who = await identify(token)
    if ('code' in who) refuseToken(who)
    else greet(who)
  }

  const requester: Requester = {
    gate,
    client,
    inFlight,
    send,
    sendText,
    refuseFrame,
    identity: () => identity ?? anonymous(),
    producer: () => producer,
    mayAsk(type) {
      const now = clock.now()
      if (!inbound.mayAsk(now))
        return refuse('message_rate', `A connection may make ${limits.requestsPerS} requests a second.`, {
          retryAfter: inbound.askAgainMs(now),
        })
      return expensiveTypes.has(type) ? gate.limits.expensive.refusal(now) : undefined
    },
    refreshed(who) {
      if (isUserFull(who)) return refuseUser()
      identity = who
    },
    answered: () => {
      if (!working) void work()
    },
  }

  /** All before its ping was handled: there may be room. */
  const ponged = (): undefined => {
    const now = clock.now()
    if (!flow.pong(now)) return
    for (const subscription of client.subscriptions.values()) gate.delivered(pump(subscription, now))
  }

  const take = (text: string): Promise<void> | undefined => {
    const read = readFrame(text)
    if (read === 'bad_frame') {
      closeClient(client, 'bad_frame')
      return undefined
    }
    if (!read.ok) {
      refuseFrame(read.id, read.refusal)
      return undefined
    }
    const wanted = read.frame
    if (wanted.type === 'pong') return ponged()
    inbound.spoke(clock.now())
    if (wanted.type === 'connect') return connect(wanted)
    if (identity) return answerRequest(requester, wanted, text)
    return connectSilently().then(() => (client.closed ? undefined : answerRequest(requester, wanted, text)))
  }

  /** Nothing more is taken for now. */
  const isHeld = (): boolean => inFlight.size >= limits.publishWindow || inbound.isOver(clock.now())
  const next = (): string | undefined => (client.closed || leaving || isHeld() ? undefined : queue.shift())

  const setPaused = (paused: boolean): void => {
    if (paused) link.pause()
    else if (isPaused) link.resume()
    isPaused = paused
  }

  const work = async (): Promise<void> => {
    working = true
    try {
      for (let text = next(); text !== undefined; text = next()) {
        const taken = take(text)
        if (taken) await taken
      }
      if (client.closed || leaving) return
      setPaused(queue.length > 0 || isHeld())
    } catch (error) {
      log.error({ err: error }, 'session failed')
      closeClient(client, 'internal')
    } finally {
      working = false
    }
  }

  const isIdle = (now: number): boolean =>
    limits.idleTimeoutMs > 0 &&
    client.subscriptions.size + inFlight.size + queue.length === 0 &&
    inbound.spokeAt() + limits.idleTimeoutMs <= now

  const session: Session = {
    client,
    identity: () => identity,
    inFlight: () => inFlight.size,
    receive(text) {
      if (client.closed || leaving) return
      inbound.took(link.received(), clock.now())
      // It answers for what was sent, whatever else is being done.
      if (text === pong) return ponged()
      queue.push(text)
      if (working || isHeld()) setPaused(true)
      else void work()
    },
    control() {
      if (client.closed || leaving) return
      inbound.took(link.received(), clock.now())
      // A ping is answered, and who does not read the answers is slow too.
      if (link.buffered() > limits.sendBufferBytes) closeClient(client, 'slow')
      else if (isHeld()) setPaused(true)
    },
    left() {
      client.closed = true
      for (const subscription of client.subscriptions.values()) dropSubscription(subscription)
    },
    fail: (name) => closeClient(client, name),
    tick(now) {
      if (client.closed) return
      if (!identity && openedAt + limits.connectTimeoutMs <= now) return closeClient(client, 'connect_timeout')
      const wrong = inbound.look(link.received(), link.unended(), now)
      if (wrong) return closeClient(client, wrong)
      if (isIdle(now)) return closeClient(client, 'idle')
      checkExpiry(identity, now)
      const held = isHeld()
      // Who was over its rates may go on.
      if (isPaused && !working && !held) void work()
      // Who is held back cannot be heard.
      if (working || held) flow.unheard(now)
      const late = flow.overdue(now, limits.pingTimeoutMs)
      if (late) return closeClient(client, late)
      if (identity && (flow.pingedAt() ?? now) + limits.pingIntervalMs <= now) flow.ping(now)
    },
    drain: (reconnectAfter) => events.notice('draining', { reconnectAfter }),
    leave() {
      leaving = true
      link.pause()
    },
    cost() {
      const moved = link.received() + link.sent()
      const cost = link.buffered() + moved - movedBefore
      movedBefore = moved
      return cost
    },
    destroy: () => link.destroy(),
  }
  return session
}
