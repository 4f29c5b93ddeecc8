import type { SinkTaskContext } from '#api'
import type { KafkaRecord } from '../kafka/index.ts'
import type { ErrorOperator } from './error-operator.ts'
import { javaClasses } from './java-names.ts'

/** What a task has reported as undeliverable (KIP-610), until it is dealt with. */
export interface ErrantReports {
  report: SinkTaskContext<unknown>['reportErrant']
  /** Waits for what is under way; false when a report was not tolerated, and then nothing may be committed. */
  settled(): Promise<boolean>
  /** Whether nothing is under way and nothing has failed. */
  isQuiet(): boolean
  /** Throws what was not tolerated, also when the task swallowed it. */
  check(): void
}

export function createErrantReports(errors: ErrorOperator<KafkaRecord>): ErrantReports {
  let last: Promise<void> = Promise.resolve()
  let pending = 0
  let failure: { readonly cause: unknown } | undefined
  /** The origin of a record is the raw record (sink-pipeline.ts). */
  async function track(raw: KafkaRecord, error: unknown): Promise<void> {
    try {
      await errors.fail(raw, { stage: 'TASK_PUT', executing: javaClasses.sinkTask, error })
    } catch (cause) {
      failure ??= { cause }
      throw cause
    } finally {
      pending--
    }
  }

  return {
    report(record, error) {
      pending++
      const work = track(record.origin as KafkaRecord, error)
      // What it resolves with would hold the results of all reports before it.
      last = Promise.allSettled([last, work]).then(() => undefined)
      return work
    },
    async settled() {
      await last
      return failure === undefined
    },
    isQuiet: () => pending === 0 && failure === undefined,
    check() {
      if (failure) throw failure.cause
    },
  }
}
