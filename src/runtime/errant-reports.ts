import type { SinkTaskContext } from '#api'
import type { KafkaRecord } from '../kafka/index.ts'
import type { ErrorOperator } from './error-operator.ts'

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

export function createErrantReports(errors: ErrorOperator<KafkaRecord>, executing: string): ErrantReports {
  const underWay = new Set<Promise<void>>()
  let failure: { readonly cause: unknown } | undefined
  return {
    report(record, error) {
      // The origin of a record is the raw record (sink-pipeline.ts).
      const work = errors.fail(record.origin as KafkaRecord, { stage: 'TASK_PUT', executing, error })
      underWay.add(work)
      const done = (): void => void underWay.delete(work)
      work.then(done, (cause: unknown) => {
        failure ??= { cause }
        done()
      })
      return work
    },
    async settled() {
      await Promise.allSettled(underWay)
      return failure === undefined
    },
    isQuiet: () => underWay.size === 0 && failure === undefined,
    check() {
      if (failure) throw failure.cause
    },
  }
}
