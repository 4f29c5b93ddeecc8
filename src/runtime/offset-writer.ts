import type { SourceRecord } from '#api'
import type { OffsetMap } from '../storage/index.ts'
import { offsetKey } from '../storage/index.ts'
import type { TaskMetrics } from './metrics.ts'
import type { TaskRun, WorkerDeps } from './task-run.ts'

/** Keeps the newest acknowledged offset of each source partition until it is flushed. */
export function createOffsetWriter(run: TaskRun, { offsets, clock }: WorkerDeps, metrics: TaskMetrics) {
  let unstored = new Map<string, { readonly partition: OffsetMap; readonly offset: OffsetMap }>()
  return {
    acknowledged({ sourcePartition: partition, sourceOffset: offset }: SourceRecord): void {
      // An empty offset says that the source has none to come back to.
      if (Object.keys(offset).length > 0) unstored.set(offsetKey(run.connector, partition), { partition, offset })
    },
    /** True when all that was acknowledged is stored; a failure is logged and tried again with the next flush. */
    async flush(): Promise<boolean> {
      const taken = unstored
      if (taken.size === 0) return true
      unstored = new Map()
      const began = clock.now()
      try {
        await offsets.put(run.connector, [...taken.values()])
        metrics.offsetCommit(clock.now() - began, true)
        return true
      } catch (error) {
        unstored = new Map([...taken, ...unstored])
        metrics.offsetCommit(clock.now() - began, false)
        run.log.warn({ error }, 'source offsets could not be stored; it is tried again')
        return false
      }
    },
  }
}
