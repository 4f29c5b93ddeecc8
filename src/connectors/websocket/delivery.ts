import {
  type Clock,
  RetriableError,
  type SinkRecord,
  type SinkTaskContext,
  type TopicPartition,
  type TopicPartitionOffset,
} from '#api'
import { coordinatesOf } from '../common/record-identity.ts'
import { isIn, type Outbox, type Outgoing } from './outbox.ts'

/** How long (ms) a task that stops waits for acknowledgements that are on their way. */
const lastAcksMs = 1000

export interface DeliveryOptions {
  readonly outbox: Outbox
  /** Throws `DataError` for a record that cannot be sent. */
  readonly outgoingOf: (record: SinkRecord) => Outgoing
  /** Whether `put` may return before the messages are done. */
  readonly acks: boolean
  /** How long (ms) `put` waits before it gives the worker its turn. */
  readonly timeoutMs: number
  /** For messages: where the records go. */
  readonly endpoint: string
  readonly context: Pick<SinkTaskContext<unknown>, 'reportErrant' | 'signal'> & { readonly clock: Clock }
}

/** Brings batches into the outbox, and knows which offsets are delivered. */
export function createDelivery({ outbox, outgoingOf, acks, timeoutMs, endpoint, context }: DeliveryOptions) {
  const { clock, signal } = context
  let failure: { readonly error: unknown } | undefined
  /** The batch that `put` could not finish, and what of it was dealt with: the same batch comes again. */
  let unfinished: readonly SinkRecord[] = []
  const dealtWith = new Map<string, SinkRecord>()

  const until = async (condition: () => boolean, deadline: number): Promise<void> => {
    for (;;) {
      if (failure) throw failure.error
      if (condition()) return
      if (signal.aborted || clock.now() >= deadline) {
        throw new RetriableError(`${endpoint} has not taken the records within ${timeoutMs} ms.`)
      }
      await outbox.changed(deadline - clock.now(), signal)
    }
  }

  return {
    /** Makes the next `put` and `flush` throw. */
    fail(error: unknown): void {
      failure ??= { error }
      outbox.ring()
    },

    async put(records: readonly SinkRecord[]): Promise<void> {
      const deadline = clock.now() + timeoutMs
      unfinished = records
      let count = 0
      try {
        for (const record of records) {
          if (dealtWith.size === 0 || !dealtWith.has(coordinatesOf(record))) {
            if (failure || !outbox.hasRoom()) await until(outbox.hasRoom, deadline)
            let message: Outgoing | undefined
            try {
              message = outgoingOf(record)
            } catch (error) {
              await context.reportErrant(record, error)
            }
            if (message) outbox.push(message)
          }
          count++
        }
        if (!acks) await until(() => outbox.size() === 0, deadline)
      } catch (error) {
        for (const record of records.slice(0, count)) dealtWith.set(coordinatesOf(record), record)
        throw error
      }
      unfinished = []
      dealtWith.clear()
    },

    async flush(offsets: readonly TopicPartitionOffset[]): Promise<readonly TopicPartitionOffset[]> {
      if (signal.aborted) await lastAcknowledgements()
      if (failure) throw failure.error
      return offsets.map((consumed) => {
        let offset = outbox.doneBelow(consumed)
        for (const record of unfinished) {
          if (isIn(record, consumed) && record.origin.offset < offset) offset = record.origin.offset
        }
        return { topic: consumed.topic, partition: consumed.partition, offset }
      })
    },

    /** The partitions are another's now: what was not done of them comes to that one. */
    forget(partitions: readonly TopicPartition[]): void {
      const stays = (record: SinkRecord) => !partitions.some((partition) => isIn(record, partition))
      outbox.forget(partitions)
      unfinished = unfinished.filter(stays)
      for (const [name, record] of dealtWith) if (!stays(record)) dealtWith.delete(name)
    },
  }

  async function lastAcknowledgements(): Promise<void> {
    const never = new AbortController().signal
    const deadline = clock.now() + lastAcksMs
    const waits = () => outbox.size() > 0 && outbox.isOpen() && failure === undefined && clock.now() < deadline
    while (waits()) await outbox.changed(deadline - clock.now(), never)
  }
}
