import type { Duplex } from 'node:stream'
import type { Clock, Logger } from '#api'
import type { ConnectedProducer } from '../sources.ts'
import type { Answers, Question } from './asking.ts'
import { type Batch, decodeBatch } from './batch-codec.ts'
import { createCalls } from './calls.ts'
import { type LineLimits, openLine } from './line.ts'
import { LinkError } from './link-error.ts'
import { linkVersion, readToGate, type ToGate, type ToWorker } from './messages.ts'
import { createPastClient, type PastClient } from './past-client.ts'
import { createReader } from './wire.ts'

/** One worker, as a gate has it. */
export interface WorkerLink {
  send(message: ToWorker): void
  ask(make: (call: number) => ToWorker, signal?: AbortSignal): Promise<unknown>
  readonly past: PastClient
  /** Producers that the worker knows to be connected here; each is told once. */
  readonly producers: {
    connected(producer: ConnectedProducer): void
    disconnected(session: string): void
  }
  queued(): number
  close(reason: string): void
}

export interface WorkerLinkOptions {
  readonly duplex: Duplex
  /** The gate's name. */
  readonly own: string
  readonly limits: LineLimits
  readonly clock: Clock
  readonly log: Logger
  /** The worker said who it is; nothing else comes before. */
  greeted(worker: string): void
  take(message: Exclude<ToGate, { t: 'hello' | 'answer' | 'failure' | 'ask' }>): void
  batch(sink: number, batch: Batch): void
  seeds(sink: number, batch: Batch): void
  answer(question: Question): Promise<Answers>
  closed(reason: Error): void
}

export function openWorkerLink(options: WorkerLinkOptions): WorkerLink {
  const { log } = options
  const calls = createCalls()
  const producers = new Set<string>()
  let isGreeted = false

  const send = (message: ToWorker): void => line.send(message)
  const past = createPastClient(send, () => calls.number())
  const take = (message: ToGate): void => {
    if (!isGreeted && message.t !== 'hello') throw new LinkError('The other end of the link did not say who it is.')
    switch (message.t) {
      case 'hello':
        if (message.version !== linkVersion || message.role !== 'worker')
          throw new LinkError(
            `${message.name} is a ${message.role} that speaks version ${message.version} of the link; this gate speaks to workers of version ${linkVersion}. Run the same release on both.`,
          )
        isGreeted = true
        options.greeted(message.name)
        return log.info({ name: message.name }, 'worker linked')
      case 'answer':
        if (!past.answered(message.call)) calls.answered(message.call, message.value)
        return
      case 'failure':
        if (!past.answered(message.call, message)) calls.failed(message.call, message)
        return
      case 'ask': {
        const { call } = message
        options.answer(message.question).then(
          (value) => send({ t: 'answer', call, value }),
          (error: unknown) => send({ t: 'failure', call, message: String(error), retriable: false }),
        )
        return
      }
      case 'sink':
      case 'begin':
      case 'open':
      case 'close':
      case 'ready':
      case 'upstream':
      case 'detach':
      case 'source':
      case 'sourceUpstream':
      case 'sourceGone':
      case 'closeProducer':
      case 'started':
      case 'revocations':
      case 'revoked':
      case 'revocationEnded':
        return options.take(message)
    }
  }
  const line = openLine({
    duplex: options.duplex,
    limits: options.limits,
    clock: options.clock,
    log,
    onMessage: (message) => take(readToGate(message)),
    onFrame(kind, body) {
      if (!isGreeted) throw new LinkError('The other end of the link did not say who it is.')
      if (kind === 'past') return past.took(body)
      const head = createReader(body)
      const sink = head.number()
      const batch = decodeBatch(body, head.at())
      if (kind === 'batch') options.batch(sink, batch)
      else options.seeds(sink, batch)
    },
    onClosed(reason) {
      past.end()
      calls.end()
      log.warn({ reason: reason.message }, 'worker no longer linked')
      options.closed(reason)
    },
  })
  send({ t: 'hello', version: linkVersion, role: 'gate', name: options.own })

  return {
    send,
    ask: (make, signal) => calls.ask((call) => send(make(call)), signal),
    past,
    producers: {
      connected({ session, client, producer }) {
        if (producers.has(session) || producer === undefined) return
        producers.add(session)
        send({ t: 'producer', session, client, producer })
      },
      disconnected(session) {
        if (producers.delete(session)) send({ t: 'producerGone', session })
      },
    },
    queued: () => line.queued(),
    close: (reason) => line.close(new LinkError(reason)),
  }
}
