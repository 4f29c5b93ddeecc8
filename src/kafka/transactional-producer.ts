import type { Kafka, ProducerBatch, RecordMetadata } from 'kafkajs'
import type { Clock } from '#api'
import { ConnectError, messageOf } from '#api'
import { within } from '../util/within.ts'
import type { Connection } from './connections.ts'
import { type Cluster, createCluster, cutOff } from './internals.ts'
import { createMessageProducer } from './message-producer.ts'
import type { Transaction, TransactionalProducer } from './ports.ts'
import { FencedError, protocolCodeOf, UnknownOutcomeError } from './refusals.ts'
import { createRecordSender, isPassing, notAcknowledged } from './send-records.ts'
import { createTransactionCoordinator, fencedOr } from './transaction-coordinator.ts'
import { createTransactionState } from './transaction-state.ts'

export interface TransactionalProducerDeps {
  readonly kafka: () => Promise<Kafka>
  readonly connection: Connection
  readonly clock: Clock
  readonly transactionalId: string
}

/** How long (ms) an abort at the end may take; the coordinator does it by itself later. */
const lastAbortMs = 2000
/** Out of order, an unknown producer, an expired mapping of its id: all mended by the new epoch that follows an abort. */
const mendable: ReadonlySet<number> = new Set([45, 46, 49, 59])

const noTransaction = 48

/** Connects when it is opened. */
export function createTransactionalProducer(deps: TransactionalProducerDeps): TransactionalProducer {
  const { transactionalId, clock } = deps
  const { settings, explain } = deps.connection
  const timeoutMs = settings.producer['transaction.timeout.ms']
  const sender = createRecordSender(settings)
  const closing = new AbortController()
  let connecting: Promise<{ readonly cluster: Cluster; readonly sendBatch: SendBatch }> | undefined
  let opening: Promise<void> | undefined
  let open: { readonly abort: (signal: AbortSignal) => Promise<void> } | undefined
  let ended: Promise<void> | undefined
  let lost: Error | undefined

  const coordinator = createTransactionCoordinator({
    cluster: async () => (await connected()).cluster,
    transactionalId,
    timeoutMs,
    clock,
    signal: closing.signal,
  })
  const state = createTransactionState(transactionalId, coordinator)

  async function connect() {
    const kafka = await deps.kafka()
    const { 'metadata.max.age.ms': metadataMaxAge } = settings.connection
    const cluster = createCluster(kafka, {
      allowAutoTopicCreation: true,
      maxInFlightRequests: settings.producer['max.in.flight.requests.per.connection'],
      ...(metadataMaxAge !== null && { metadataMaxAge }),
    })
    try {
      await cluster.connect()
    } catch (error) {
      await cluster.disconnect()
      throw error
    }
    const retry = { retries: 5, initialRetryTime: 20, maxRetryTime: 1000 }
    const { createPartitioner } = sender
    return { cluster, sendBatch: createMessageProducer({ kafka, cluster, keeper: state, createPartitioner, retry }) }
  }

  async function connected() {
    connecting ??= connect()
    const mine = connecting
    try {
      return await mine
    } catch (error) {
      if (connecting === mine) connecting = undefined
      throw error
    }
  }

  /** Remembers what no later call can mend. */
  function failed(thrown: unknown): unknown {
    const error = fencedOr(explain(thrown), transactionalId)
    const fence = causeThat(error, (each) => each instanceof FencedError)
    if (fence) lost ??= fence
    return fence ?? error
  }

  async function init(): Promise<void> {
    try {
      state.renewed(await coordinator.init())
    } catch (error) {
      opening = undefined
      throw failed(error)
    }
  }

  function begin(): Transaction {
    if (lost) throw lost
    if (closing.signal.aborted) throw new ConnectError(`The producer ${transactionalId} is closed.`)
    if (open) throw new ConnectError(`The producer ${transactionalId} has a transaction open already.`)
    let isSpoilt = false
    let outcome: Promise<void> | undefined
    state.began()

    async function send(records: Parameters<Transaction['send']>[0]) {
      if (isSpoilt || outcome) throw new ConnectError('This transaction takes no more records.')
      try {
        const { sendBatch } = await connected()
        return await sender.send(sendBatch, records)
      } catch (thrown) {
        isSpoilt = true
        const error = failed(thrown)
        if (error instanceof FencedError) throw error
        throw notAcknowledged(records, error, isPassing(error) || mendable.has(protocolCodeOf(error) ?? -1))
      }
    }

    async function end(how: 'commit' | 'abort', signal: AbortSignal): Promise<void> {
      try {
        if (state.isOngoing && state.identity) await coordinator.end(state.identity, how, signal)
      } catch (thrown) {
        // The coordinator may never have heard of the transaction.
        if (how === 'abort' && isSpoilt && protocolCodeOf(thrown) === noTransaction) return
        const error = failed(thrown)
        if (how === 'commit' && !(error instanceof FencedError)) throw unknown(error)
        throw error
      }
    }

    const transaction = {
      send,
      async commit() {
        if (isSpoilt || outcome) throw new ConnectError('This transaction cannot be committed.')
        outcome = end('commit', closing.signal)
        try {
          await outcome
        } catch (error) {
          lost ??= error instanceof Error ? error : undefined
          throw error
        } finally {
          over()
        }
      },
      async abort(signal = closing.signal) {
        if (open?.abort !== transaction.abort) return
        await end('abort', signal)
        try {
          // What the broker has of the last batches is not known, so their sequences must not be used again. Never after a fence, and so only
          // when the end was taken: while the successor has a transaction open, Kafka would end that before it looks at the epoch.
          if (isSpoilt) state.renewed(await coordinator.init(state.identity))
        } catch (thrown) {
          throw failed(thrown)
        }
        over()
      },
    }
    function over(): void {
      state.ended()
      open = undefined
    }
    open = transaction
    return { send, commit: transaction.commit, abort: () => transaction.abort() }
  }

  function unknown(cause: unknown): UnknownOutcomeError {
    const message = `Nobody has said whether the transaction of ${transactionalId} was committed: ${messageOf(cause)}`
    return new UnknownOutcomeError(message, { cause })
  }

  async function close(): Promise<void> {
    const limit = new AbortController()
    const last = open?.abort(limit.signal).catch(() => undefined)
    if (last) await within(lastAbortMs, last, clock)
    limit.abort()
    closing.abort()
    const [made] = await Promise.allSettled([connecting])
    if (made.status !== 'fulfilled' || !made.value) return
    cutOff(made.value.cluster, new ConnectError(`The producer ${transactionalId} is closed.`))
    await made.value.cluster.disconnect()
  }

  return {
    open: () => (opening ??= init()),
    async begin() {
      await (opening ??= init())
      return begin()
    },
    close: () => (ended ??= close()),
  }
}

type SendBatch = (batch: ProducerBatch) => Promise<readonly RecordMetadata[]>

function causeThat(error: unknown, is: (error: Error) => boolean): Error | undefined {
  let each = error
  for (let depth = 0; depth < 20 && each instanceof Error; depth++) {
    if (is(each)) return each
    each = each.cause
  }
  return undefined
}
