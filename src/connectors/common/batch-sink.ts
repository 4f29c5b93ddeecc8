import {
  DataError,
  isRetriable,
  messageOf,
  RetriableError,
  type SinkRecord,
  type SinkTask,
  type SinkTaskContext,
} from '#api'

/** What became of a message: undefined when the other side has it, `refused` when it never will, `failed` when nobody knows. */
export type Outcome = undefined | { readonly refused: string } | { readonly failed: unknown }

export interface BatchSinkOptions<M> {
  readonly context: Pick<SinkTaskContext<unknown>, 'reportErrant'>
  /** For messages: where the records go. */
  readonly endpoint: string
  /** Throws `DataError` for a record that cannot be sent. */
  compile(record: SinkRecord): M
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
export function batchSink<M>({ context, endpoint, compile, send }: BatchSinkOptions<M>): Pick<SinkTask, 'put'> {
  /** Of a batch that is to come again, as the same objects: what of it was dealt with. Records that were read again are others. */
  let settled: ReadonlySet<SinkRecord> = new Set()

  return {
    async put(records) {
      const former = settled
      const dealtWith: SinkRecord[] = []
      const leaveOut = async (record: SinkRecord, error: unknown): Promise<void> => {
        await context.reportErrant(record, error)
        dealtWith.push(record)
      }
      try {
        const due: { readonly record: SinkRecord; readonly message: M }[] = []
        for (const record of records) {
          if (former.has(record)) {
            dealtWith.push(record)
            continue
          }
          try {
            due.push({ record, message: compile(record) })
          } catch (error) {
            if (isRetriable(error)) throw error
            await leaveOut(record, error)
          }
        }
        const outcomes = due.length > 0 ? await send(due.map(({ message }) => message)) : []
        const failure = outcomes.find((outcome) => outcome && 'failed' in outcome)
        for (const [index, { record }] of due.entries()) {
          const outcome = outcomes[index]
          if (outcome && 'refused' in outcome) await leaveOut(record, refusal(record, outcome.refused))
          else if (failure && !outcome) dealtWith.push(record)
        }
        if (failure && 'failed' in failure) throw notTaken(failure.failed)
        settled = new Set()
      } catch (error) {
        settled = new Set(dealtWith)
        throw error
      }
    },
  }

  function notTaken(cause: unknown): RetriableError {
    return new RetriableError(`${endpoint} has not taken all of the records: ${messageOf(cause)}`, { cause })
  }

  function refusal({ origin: { topic, partition, offset } }: SinkRecord, why: string): DataError {
    return new DataError(`${endpoint} refused the record: ${why}`, { context: { topic, partition, offset } })
  }
}
