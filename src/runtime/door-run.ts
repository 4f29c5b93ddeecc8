import { ConnectError, type SourceConnector } from '#api'
import { requirePackage } from '../plugins/index.ts'
import { aborted } from '../util/aborted.ts'
import { createClosers } from '../util/closers.ts'
import { openConverters } from './converters.ts'
import { doorCalls, lanesOf } from './lanes.ts'
import { type TaskRun, taskContext, type WorkerDeps } from './task-run.ts'

/** Runs the door of a source with `lanes` on this worker, until the run's signal aborts. */
export async function runDoor(connector: SourceConnector, run: TaskRun, deps: WorkerDeps): Promise<void> {
  const { log, signal, props } = run
  const lanes = lanesOf(connector, deps)
  if (!lanes) throw new ConnectError(`${connector.name} has no lanes on this worker.`)
  requirePackage(connector)
  const closers = createClosers(log)
  try {
    const { workerProps, plugins } = deps
    const { key, value } = openConverters({ props, workerProps, plugins, log, signal }, closers)
    const { task: _, ...context } = taskContext(connector.config, run, deps)
    const door = await lanes.startDoor({
      ...context,
      ...doorCalls(run, deps, closers),
      valueSchema: async (topic) => value.converter.schemaFor?.(topic),
      keySchema: async (topic) => key.converter.schemaFor?.(topic),
    } as Parameters<typeof lanes.startDoor>[0])
    closers.add('door', () => door.stop())
    run.started()
    for (let isPaused = false; !signal.aborted; ) {
      const changed = run.changed()
      if (isPaused !== run.paused()) {
        isPaused = run.paused()
        door.paused?.(isPaused)
      }
      await aborted(changed)
    }
  } finally {
    await closers.closeAll()
  }
}
