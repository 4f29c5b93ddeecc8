import type { RestartStatus } from '../runtime/index.ts'
import type { ConnectorHealth, ConnectorStateInfo, TargetState } from './herder.ts'

/** What a connector's state comes to. */
export function healthOf(
  { connector, tasks }: ConnectorStateInfo,
  target: TargetState,
  ofTasks: ConnectorHealth['restarts'],
  ofConnector: RestartStatus | undefined,
): ConnectorHealth {
  const count = (...states: readonly string[]) => tasks.filter(({ state }) => states.includes(state)).length
  const counts = { running: count('RUNNING'), failed: count('FAILED'), paused: count('PAUSED') }
  const other = tasks.length - counts.running - counts.failed - counts.paused
  const due = [ofTasks.nextAt, ofConnector?.nextAt ?? null].filter((at) => at !== null)
  const restarts = {
    count: ofTasks.count + (ofConnector?.count ?? 0),
    nextAt: due.length > 0 ? Math.min(...due) : null,
  }
  const [status, message] = judge(connector.state, target, tasks.length, counts.failed)
  return { status, message, tasks: { ...counts, other }, restarts }
}

function judge(
  state: string,
  target: TargetState,
  tasks: number,
  failed: number,
): readonly [ConnectorHealth['status'], string] {
  if (state === 'FAILED') return ['unhealthy', 'The connector has failed; its status has the trace.']
  if (target === 'STOPPED') return ['stopped', 'The connector is stopped.']
  const ofThem = failed > 0 ? ` ${failed} of ${tasks} tasks failed before that.` : ''
  if (target === 'PAUSED') return ['paused', `The connector is paused.${ofThem}`]
  if (tasks === 0) return ['unhealthy', 'The connector should run, but has no tasks.']
  if (failed === tasks) return ['unhealthy', `All ${tasks} tasks have failed.`]
  if (failed > 0) return ['degraded', `${failed} of ${tasks} tasks have failed.`]
  return ['healthy', 'The connector and its tasks run.']
}
