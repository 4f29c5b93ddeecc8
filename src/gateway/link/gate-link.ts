import type { Duplex } from 'node:stream'
import {
  type Clock,
  type Logger,
  RetriableError,
  type Revocation,
  type RevocationChange,
  type SourceAttachment,
  type TopicIdentity,
  type TopicPartitionOffset,
} from '#api'
import { matches, type Pattern } from '../channels.ts'
import { refuse } from '../codes.ts'
import { createTokenBucket } from '../limits/token-bucket.ts'
import type { ReadBudget } from '../past/read-budget.ts'
import { type Answers, answersInTime, type Question } from './asking.ts'
import { createCalls } from './calls.ts'
import { type Line, type LineLimits, openLine } from './line.ts'
import { LinkError } from './link-error.ts'
import { linkVersion, readToWorker, type ToGate, type ToWorker, type Upstream } from './messages.ts'
import { createPastServer, failure } from './past-server.ts'
import { createProducerSessions, type KnownProducers } from './producer-sessions.ts'
import { createRevocationPages } from './revocation-pages.ts'
import type { OfferedSink } from './sink-offer.ts'

/** One gate, as its worker has it. */
export interface GateLink {
  readonly line: Line
  /** Nothing is sent before the gate said who it is. */
  send(message: ToGate): void
  offerSource(source: OfferedSource): void
  /** All was offered, and this is all that is revoked. */
  started(revoked: readonly Revocation[]): void
  revoked(change: RevocationChange): void
  ask(question: Question): Promise<Answers>
  close(reason: string): void
}

export interface OfferedSource {
  readonly id: number
  readonly attachment: SourceAttachment
  readonly patterns: readonly Pattern[]
  upstream: Upstream | undefined
}

export type RevokeToken = Omit<Extract<ToWorker, { t: 'revokeToken' }>, 't' | 'call'>

export interface GateLinkOptions {
  readonly duplex: Duplex
  readonly name: string
  /** The worker's name. */
  readonly own: string
  readonly limits: LineLimits
  readonly producers: KnownProducers
  readonly readBudget: ReadBudget
  readonly clock: Clock
  readonly log: Logger
  sink(id: number): OfferedSink | undefined
  source(id: number): OfferedSource | undefined
  /** The gate speaks the same language: it is told what there is. */
  offers(): void
  drained(): void
  asked(question: Question): Promise<Answers>
  toldProducer(tell: (source: SourceAttachment) => void): void
  revokeToken(asked: RevokeToken): Promise<void>
  closed(reason: Error): void
}

/** How many tokens a gate may revoke a second, and at once. */
const [revokesPerS, revokesAtOnce] = [50, 1000]
/** What a question costs (bytes) until it is answered, beside what it carries. */
const callCost = 1024

export function openGateLink(options: GateLinkOptions): GateLink {
  const { log, clock } = options
  const calls = createCalls()
  const sessions = createProducerSessions({
    gate: options.name,
    known: options.producers,
    clock,
    gone: (session) => options.toldProducer((source) => source.producerDisconnected?.(session)),
  })
  let isGreeted = false

  const revokes = createTokenBucket(revokesPerS, revokesAtOnce, clock.now())
  let underWay = 0

  const reply = (call: number, value: unknown): void =>
    line.send({ t: 'answer', call, ...(value === undefined ? {} : { value }) } satisfies ToGate)
  /** Has it done, unless what the gate waits for already holds as much here as may wait for the gate. */
  const answer = async (call: number, bytes: number, work: () => Promise<unknown>): Promise<void> => {
    const cost = callCost + bytes
    underWay += cost
    try {
      if (underWay > options.limits.maxQueuedBytes)
        throw new RetriableError('Too much that the gate asked for is under way.')
      reply(call, await work())
    } catch (error) {
      line.send(failure(call, error))
    } finally {
      underWay -= cost
    }
  }
  const ofSink = (call: number, id: number, ask: (sink: OfferedSink) => Promise<unknown>): void =>
    void answer(call, 0, async () => {
      const sink = options.sink(id)
      if (!sink) throw new LinkError('The sink is gone.')
      return ask(sink)
    })
  const timestampAt = async (sink: OfferedSink, at: TopicPartitionOffset): ReturnType<TopicIdentity['timestampAt']> => {
    // A worker that has only begun to read does not know its partitions yet.
    if (!sink.reads(at)) throw new RetriableError('The sink does not publish this partition.')
    return sink.attachment.identity.timestampAt(at, at.offset)
  }
  const revokeToken = async ({ token, until, reason }: RevokeToken): Promise<void> => {
    if (revokes.level(clock.now()) < 1) throw new RetriableError('The gate revokes more tokens at once than it may.')
    revokes.take(1, clock.now())
    return options.revokeToken({ token, until, reason })
  }
  const publish = ({ call, source: id, ingress }: Extract<ToWorker, { t: 'publish' }>): void => {
    const source = options.source(id)
    if (!source) return line.send({ t: 'failure', call, message: 'The source is gone.', retriable: true })
    if (!source.patterns.some((pattern) => matches(pattern, ingress.channel)))
      return reply(call, { ok: false, ...refuse('no_source', 'Nothing takes publications on this channel.') })
    if (sessions.isElsewhere(ingress.session))
      return reply(call, { ok: false, ...refuse('forbidden', 'The session is one of another gate.') })
    void answer(call, ingress.data.length, () => source.attachment.publish(ingress))
  }
  const greet = ({ version, role, name }: Extract<ToWorker, { t: 'hello' }>): void => {
    if (version !== linkVersion || role !== 'gate')
      throw new LinkError(
        `${name} is a ${role} that speaks version ${version} of the link; this worker speaks to gates of version ${linkVersion}. Run the same release on both.`,
      )
    isGreeted = true
    log.info({ name }, 'gate linked')
    options.offers()
  }
  const take = (message: ToWorker): void => {
    if (message.t === 'hello') return greet(message)
    if (!isGreeted) throw new LinkError('The other end of the link did not say who it is.')
    switch (message.t) {
      case 'take':
        return options.sink(message.sink)?.take(line, message.state)
      case 'leave':
        return options.sink(message.sink)?.leave(line)
      case 'clusterId':
        return ofSink(message.call, message.sink, ({ attachment }) => attachment.identity.clusterId())
      case 'timestampAt':
        return ofSink(message.call, message.sink, (sink) => timestampAt(sink, message.at))
      case 'bounds':
        return ofSink(message.call, message.sink, async ({ attachment }) => attachment.past?.bounds() ?? [])
      case 'offsetsAt': {
        const { call, sink, timestamp } = message
        return ofSink(call, sink, async ({ attachment }) => attachment.past?.offsetsAt(timestamp) ?? [])
      }
      case 'read':
        return past.read(message.call, options.sink(message.sink), message.ranges)
      case 'more':
        return past.more(message.call)
      case 'cancel':
        return past.cancel(message.call)
      case 'publish':
        return publish(message)
      case 'revokeToken':
        return void answer(message.call, message.token.length, () => revokeToken(message))
      case 'producer': {
        const { session, client, producer } = message
        if (sessions.connected(session))
          options.toldProducer((source) => source.producerConnected?.({ session, client, producer }))
        return
      }
      case 'producerGone':
        return sessions.disconnected(message.session)
      case 'answer':
        return calls.answered(message.call, message.value)
      case 'failure':
        return calls.failed(message.call, message)
      case 'ask':
        return void answer(message.call, message.question.body.length, () => options.asked(message.question))
    }
  }

  const line = openLine({
    duplex: options.duplex,
    limits: options.limits,
    clock,
    log,
    onMessage: (message) => take(readToWorker(message)),
    onFrame() {
      throw new LinkError('A gate sends no batches.')
    },
    onDrained() {
      pages.goOn()
      options.drained()
    },
    onClosed(reason) {
      past.end()
      calls.end()
      sessions.away()
      log.warn({ reason: reason.message }, 'gate no longer linked')
      options.closed(reason)
    },
  })
  const pages = createRevocationPages(line)
  const past = createPastServer(line, options.readBudget)
  line.send({ t: 'hello', version: linkVersion, role: 'worker', name: options.own } satisfies ToGate)

  return {
    line,
    send(message) {
      if (isGreeted) line.send(message)
    },
    offerSource({ id, attachment, upstream }) {
      const { connector, channels, exactlyOnce = false } = attachment
      const offer: ToGate = { t: 'source', source: id, connector, channels: [...channels], exactlyOnce }
      if (isGreeted) line.send({ ...offer, ...(upstream ? { upstream } : {}) })
    },
    started(revoked) {
      if (isGreeted) pages.begin(revoked, () => line.send({ t: 'started' } satisfies ToGate))
    },
    revoked(change) {
      if (isGreeted) pages.changed(change)
    },
    async ask(question) {
      if (!isGreeted) return []
      const send = (call: number): void => line.send({ t: 'ask', call, question } satisfies ToGate)
      return answersInTime((signal) => calls.ask(send, signal), question, clock)
    },
    close: (reason) => line.close(new LinkError(reason)),
  }
}
