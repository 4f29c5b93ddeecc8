import type { Clock } from '#api'
import { messageOf, RetriableError } from '#api'
import { backoffDelay } from '../util/backoff.ts'
import { initProducerId, type ProducerIdentity } from './init-producer-id.ts'
import type { Broker, Cluster, TopicPartitions } from './internals.ts'
import { FencedError, isFinal, protocolCodeOf } from './refusals.ts'

/** What the broker that keeps a transactional id is asked. Each waits out a coordinator that moves, loads or is away. */
export interface TransactionCoordinator {
  /** Fences former producers; with `current`, is itself refused when that has been fenced. */
  init(current?: ProducerIdentity): Promise<ProducerIdentity>
  add(who: ProducerIdentity, topics: readonly TopicPartitions[]): Promise<void>
  /** Repeats the request until it is answered, or `signal` aborts: a coordinator takes the second one for what it is. */
  end(who: ProducerIdentity, outcome: 'commit' | 'abort', signal: AbortSignal): Promise<void>
}

export interface CoordinatorOptions {
  readonly cluster: () => Promise<Cluster>
  readonly transactionalId: string
  /** After how long the coordinator itself aborts what a producer left open. */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** How long (ms) a question that may be put again later waits for an answer. */
const patienceMs = 60_000

/** COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR. */
const moving: ReadonlySet<number> = new Set([14, 15, 16])
/** The former transaction is still being ended. */
const concurrent = 51
/** INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE, PRODUCER_FENCED. */
const fenced: ReadonlySet<number> = new Set([47, 48, 90])

export function createTransactionCoordinator(options: CoordinatorOptions): TransactionCoordinator {
  const { transactionalId, timeoutMs, clock } = options
  // kafkajs asks anew where the coordinator is each time; this saves a round trip for each request.
  let known: Broker | undefined

  async function find(): Promise<Broker> {
    const cluster = await options.cluster()
    return cluster.findGroupCoordinator({ groupId: transactionalId, coordinatorType: 1 })
  }

  async function lookElsewhere(): Promise<void> {
    known = undefined
    const cluster = await options.cluster()
    await cluster.refreshMetadata()
  }

  async function ask<T>(
    what: string,
    put: (broker: Broker) => Promise<T>,
    until: AbortSignal,
    forMs = Infinity,
  ): Promise<T> {
    const began = clock.now()
    for (let attempt = 0; ; attempt++) {
      try {
        known ??= await find()
        return await put(known)
      } catch (error) {
        const code = protocolCodeOf(error)
        const isBusy = code === concurrent
        if (isFinal(error) || (code !== undefined && !isBusy && !moving.has(code)))
          throw fencedOr(error, transactionalId)
        if (until.aborted || clock.now() - began > forMs) throw notAnswered(what, transactionalId, error)
        await clock.sleep(
          backoffDelay(attempt, { initialMs: isBusy ? 5 : 50, maxMs: isBusy ? 100 : 1000, jitter: 0.3 }),
          until,
        )
        // What cannot be reached now is asked again by the next turn.
        if (!isBusy) await lookElsewhere().catch(() => undefined)
      }
    }
  }

  const named = ({ producerId, epoch: producerEpoch }: ProducerIdentity) => ({
    transactionalId,
    producerId: String(producerId),
    producerEpoch,
  })

  return {
    init: (current) =>
      ask(
        'was not opened',
        ({ connectionPool }) => connectionPool.send(initProducerId(transactionalId, timeoutMs, current)),
        options.signal,
        patienceMs,
      ),
    async add(who, topics) {
      const put = (broker: Broker) => broker.addPartitionsToTxn({ ...named(who), topics })
      await ask('was not begun', put, options.signal, patienceMs)
    },
    async end(who, outcome, signal) {
      const transactionResult = outcome === 'commit'
      await ask('was not ended', (broker) => broker.endTxn({ ...named(who), transactionResult }), signal)
    },
  }
}

/** The error itself, or that the producer was fenced, if that is what it says. */
export function fencedOr(error: unknown, transactionalId: string): unknown {
  const code = protocolCodeOf(error)
  if (error instanceof FencedError || code === undefined || !fenced.has(code)) return error
  const message = `Another producer with the transactional id ${transactionalId} has begun since, or the transaction took longer than transaction.timeout.ms: ${messageOf(error)}`
  return new FencedError(message, { cause: error })
}

const notAnswered = (what: string, transactionalId: string, cause: unknown): RetriableError =>
  new RetriableError(`A transaction of ${transactionalId} ${what}: ${messageOf(cause)}`, { cause })
