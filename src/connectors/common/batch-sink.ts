import {
  DataError,
  isRetriable,
  messageOf,
  RetriableError,
  type SinkRecord,
  type SinkTask,
  type SinkTaskContext,
} from '#api'
import { coordinatesOf } from './record-identity.ts'

/** What became of a message: undefined when the other side has it, `refused` when it never will, `failed` when nobody knows. */
export type Outcome = undefined | { readonly refused: string } | { readonly failed: unknown }

export interface BatchSinkOptions<M> {
  readonly context: Pick<SinkTaskContext<unknown>, 'reportErrant'>
  /** For messages: where the records go. */
  readonly endpoint: string
  /** Throws `DataError` for a record that cannot be sent; undefined when nothing is sent for it. */
  messageOf(record: SinkRecord): M | undefined
  /**
   * Sends the messages and resolves with the outcome of each. Keeping their order is its affair: once a message `failed`, what must not
   * overtake it has failed too.
   */
  send(messages: readonly M[]): Promise<readonly Outcome[]>
}

/**
 * A `put` for systems that say of each message that they have it: it resolves when they have the whole batch, so every record is delivered
 * at least once. What failed is sent again when the batch comes again, and of the rest nothing.
 */
export function batchSink<M>({
  context,
  endpoint,
  messageOf: compile,
  send,
}: BatchSinkOptions<M>): Pick<SinkTask, 'put'> {
  /** Of a batch that failed in part: what of it was dealt with. */
  let settled: ReadonlySet<string> = new Set()

  return {
    async put(records) {
      const dealtWith = new Set(records.map(coordinatesOf).filter((name) => settled.has(name)))
      settled = dealtWith
      const settle = async (record: SinkRecord, error?: unknown): Promise<void> => {
        if (error !== undefined) await context.reportErrant(record, error)
        dealtWith.add(coordinatesOf(record))
      }

      const due: { readonly record: SinkRecord; readonly message: M }[] = []
      for (const record of records) {
        if (dealtWith.has(coordinatesOf(record))) continue
        try {
          const message = compile(record)
          if (message === undefined) dealtWith.add(coordinatesOf(record))
          else due.push({ record, message })
        } catch (error) {
          if (isRetriable(error)) throw error
          await settle(record, error)
        }
      }
      if (due.length === 0) return

      const outcomes = await send(due.map(({ message }) => message))
      let failure: { readonly failed: unknown } | undefined
      for (const [index, { record }] of due.entries()) {
        const outcome = outcomes[index]
        if (outcome && 'failed' in outcome) failure ??= outcome
        else await settle(record, outcome && refusal(record, outcome.refused))
      }
      if (failure) {
        throw new RetriableError(`${endpoint} has not taken all of the records: ${messageOf(failure.failed)}`, {
          cause: failure.failed,
        })
      }
    },
  }

  function refusal({ origin: { topic, partition, offset } }: SinkRecord, why: string): DataError {
    return new DataError(`${endpoint} refused the record: ${why}`, { context: { topic, partition, offset } })
  }
}
