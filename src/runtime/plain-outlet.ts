import type { SourceTask } from '#api'
import type { Closers } from '../util/closers.ts'
import { createDelivery, type DeliveryOptions, type SourceOutlet } from './delivery.ts'
import type { TaskMetrics } from './metrics.ts'
import { createOffsetWriter } from './offset-writer.ts'
import type { TaskRun, WorkerDeps } from './task-run.ts'

export interface PlainOutletOptions extends Omit<DeliveryOptions, 'acknowledged'> {
  readonly task: SourceTask
  readonly run: TaskRun
  /** `offsets` are the connector's. */
  readonly deps: WorkerDeps
  readonly metrics: TaskMetrics
  readonly closers: Closers
}

/** At least once: records first, and from time to time the offsets of those that Kafka has. */
export function createPlainOutlet(options: PlainOutletOptions): SourceOutlet {
  const { task, run, deps, metrics } = options
  const { clock } = deps
  const offsets = createOffsetWriter(run, deps, metrics)
  const produce = createDelivery({ ...options, acknowledged: offsets.acknowledged })
  const nextFlush = (): number => clock.now() + deps.settings['offset.flush.interval.ms']
  let flushAt = nextFlush()

  async function flush(): Promise<void> {
    if (run.cancelled() || !(await offsets.flush())) return
    try {
      await task.commit?.()
    } catch (error) {
      run.log.error({ error }, 'the task threw when it was told that its offsets are stored')
    }
  }

  options.closers.add('source offsets', flush)
  return {
    deliver: produce,
    async tick() {
      if (clock.now() < flushAt) return
      flushAt = nextFlush()
      await flush()
    },
    settle: async () => undefined,
  }
}
