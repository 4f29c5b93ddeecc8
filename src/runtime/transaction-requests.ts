import type { SourceRecord, TransactionContext } from '#api'
import { ConnectError } from '#api'

export type TransactionEnd = 'commit' | 'abort'

/** What a task has said about its transactions: `transaction.boundary=connector`. */
export interface TransactionRequests {
  readonly context: TransactionContext
  /** Whether one ends after this record. Throws when both ends were asked for. */
  after(record: SourceRecord): TransactionEnd | undefined
  /** Whether one ends after the batch; asked once for each. */
  afterBatch(): TransactionEnd | undefined
}

export function createTransactionRequests(): TransactionRequests {
  const commits = new Set<SourceRecord>()
  const aborts = new Set<SourceRecord>()
  let commitsBatch = false
  let abortsBatch = false
  return {
    context: {
      commitTransaction(after) {
        if (after) commits.add(after)
        else commitsBatch = true
      },
      abortTransaction(after) {
        if (after) aborts.add(after)
        else abortsBatch = true
      },
    },
    after(record) {
      const isCommit = commits.delete(record)
      const isAbort = aborts.delete(record)
      if (isCommit && isAbort)
        throw new ConnectError(
          `Connector requested both commit and abort of same record against topic/partition ${record.topic}/${record.partition ?? null}`,
        )
      if (isAbort) return 'abort'
      return isCommit ? 'commit' : undefined
    },
    afterBatch() {
      const isCommit = commitsBatch
      const isAbort = abortsBatch
      commitsBatch = false
      abortsBatch = false
      // A request for a record that did not come holds for no later batch.
      commits.clear()
      aborts.clear()
      if (isCommit && isAbort) throw new ConnectError('Connector requested both commit and abort of same transaction')
      if (isAbort) return 'abort'
      return isCommit ? 'commit' : undefined
    },
  }
}
