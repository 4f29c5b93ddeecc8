import type { Duplex } from 'node:stream'
import type { Clock, Logger, SourceAttachment } from '#api'
import { type Answers, maxAskMs, type Question } from './asking.ts'
import { createCalls } from './calls.ts'
import { type Line, type LineLimits, openLine } from './line.ts'
import { LinkError } from './link-error.ts'
import { linkVersion, readToWorker, type ToGate, type ToWorker, type Upstream } from './messages.ts'
import { createPastServer, failure } from './past-server.ts'
import { createProducerSessions, type OutOfSight } from './producer-sessions.ts'
import type { OfferedSink } from './sink-offer.ts'

/** One gate, as its worker has it. */
export interface GateLink {
  readonly line: Line
  /** Nothing is sent before the gate said who it is. */
  send(message: ToGate): void
  offerSource(source: OfferedSource): void
  ask(question: Question): Promise<Answers>
  close(reason: string): void
}

export interface OfferedSource {
  readonly id: number
  readonly attachment: SourceAttachment
  upstream: Upstream | undefined
}

export interface GateLinkOptions {
  readonly duplex: Duplex
  readonly name: string
  /** The worker's name. */
  readonly own: string
  readonly limits: LineLimits
  readonly outOfSight: OutOfSight
  readonly clock: Clock
  readonly log: Logger
  sink(id: number): OfferedSink | undefined
  source(id: number): OfferedSource | undefined
  /** The gate speaks the same language: it is told what there is. */
  offers(): void
  drained(): void
  asked(question: Question): Promise<Answers>
  toldProducer(tell: (source: SourceAttachment) => void): void
  told(name: string, body: unknown): void
  requested(name: string, body: unknown): Promise<unknown>
  closed(reason: Error): void
}

export function openGateLink(options: GateLinkOptions): GateLink {
  const { log, clock } = options
  const calls = createCalls()
  const sessions = createProducerSessions(clock, options.outOfSight, (session) =>
    options.toldProducer((source) => source.producerDisconnected?.(session)),
  )
  let isGreeted = false

  const answer = (call: number, made: Promise<unknown>): void => {
    made.then(
      (value) => line.send({ t: 'answer', call, ...(value === undefined ? {} : { value }) } satisfies ToGate),
      (error: unknown) => line.send(failure(call, error)),
    )
  }
  const ofSink = <T>(id: number, ask: (sink: OfferedSink) => Promise<T>): Promise<T> => {
    const sink = options.sink(id)
    return sink ? ask(sink) : Promise.reject(new LinkError('The sink is gone.'))
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
        return answer(
          message.call,
          ofSink(message.sink, ({ attachment }) => attachment.identity.clusterId()),
        )
      case 'timestampAt':
        return answer(
          message.call,
          ofSink(message.sink, ({ attachment }) => attachment.identity.timestampAt(message.at, message.at.offset)),
        )
      case 'bounds':
        return answer(
          message.call,
          ofSink(message.sink, async ({ attachment }) => attachment.past?.bounds() ?? []),
        )
      case 'offsetsAt':
        return answer(
          message.call,
          ofSink(message.sink, async ({ attachment }) => attachment.past?.offsetsAt(message.timestamp) ?? []),
        )
      case 'read':
        return past.read(message.call, options.sink(message.sink)?.attachment.past, message.ranges)
      case 'more':
        return past.more(message.call)
      case 'cancel':
        return past.cancel(message.call)
      case 'publish': {
        const source = options.source(message.source)
        if (!source)
          return line.send({ t: 'failure', call: message.call, message: 'The source is gone.', retriable: true })
        return answer(message.call, source.attachment.publish(message.ingress))
      }
      case 'request':
        return answer(message.call, options.requested(message.name, message.body))
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
        return answer(message.call, options.asked(message.question))
      case 'tell':
        return options.told(message.name, message.body)
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
    onDrained: () => options.drained(),
    onClosed(reason) {
      past.end()
      calls.end()
      sessions.away()
      log.warn({ reason: reason.message }, 'gate no longer linked')
      options.closed(reason)
    },
  })
  const past = createPastServer(line)
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
    async ask(question) {
      if (!isGreeted) return []
      const life = new AbortController()
      const late = clock.sleep(Math.min(question.timeoutMs, maxAskMs), life.signal).then((): Answers => [null])
      const asked = calls.ask((call) => line.send({ t: 'ask', call, question } satisfies ToGate))
      try {
        return await Promise.race([asked.then(readAnswers, (): Answers => [null]), late])
      } finally {
        life.abort()
      }
    },
    close: (reason) => line.close(new LinkError(reason)),
  }
}

const readAnswers = (value: unknown): Answers =>
  Array.isArray(value) ? value.map((answer: unknown) => (typeof answer === 'string' ? answer : null)) : []
