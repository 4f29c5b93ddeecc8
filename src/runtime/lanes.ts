import {
  type ConfigComplaint,
  type ConfigDef,
  ConnectError,
  type LaneContext,
  type Lanes,
  type Props,
  RetriableError,
  type SinkConnector,
  type SourceConnector,
} from '#api'
import type { Closers } from '../util/closers.ts'
import { sourceConfig } from './connector-config.ts'
import type { Peers } from './peers.ts'
import type { TaskRun } from './task-run.ts'

type Connector = SourceConnector | SinkConnector
type ExactlyOnce = { readonly exactlyOnce?: boolean | undefined }
type Serve = (body: Buffer) => Promise<Buffer>

const lanePort = (connector: string, task: number): string => `lane/${connector}/${task}`
const doorPort = (connector: string): string => `door/${connector}`

/** What a connector does instead of running on every worker, when the worker is exactly once; undefined: nothing. */
export const lanesOf = (plugin: Connector, { exactlyOnce }: ExactlyOnce): Lanes<ConfigDef> | undefined =>
  exactlyOnce && plugin.kind === 'source' ? plugin.lanes : undefined

/** Whether a reader of the connector runs on every worker, whoever has its task. */
export const isEveryWorker = (plugin: Connector, worker: ExactlyOnce): boolean =>
  plugin.placement === 'everyWorker' && lanesOf(plugin, worker) === undefined

/** How many tasks the connector's lanes are; undefined when it has none here. The configuration must be valid. */
export const laneCount = (plugin: Connector, props: Props, worker: ExactlyOnce): number | undefined =>
  lanesOf(plugin, worker)?.count(plugin.config.parse(props))

/** `tasks.max` has to leave room for all of them. The configuration must be valid. */
export function laneComplaints(
  plugin: Connector,
  props: Props,
  exactlyOnce: boolean | undefined,
): readonly ConfigComplaint[] {
  const count = laneCount(plugin, props, { exactlyOnce })
  if (count === undefined) return []
  const { 'tasks.max': max } = sourceConfig.parse(props)
  if (count <= max) return []
  return [
    {
      key: 'tasks.max',
      error: `must be at least ${count}, the number of the connector's lanes, because each is a task where exactly.once.source.support is enabled; it is ${max}`,
    },
  ]
}

/** Of a task that is one of its connector's lanes; what it serves ends with the task. */
export function laneContext(
  plugin: Connector,
  run: TaskRun,
  worker: ExactlyOnce & { readonly peers?: Peers | undefined },
  closers: Closers,
): LaneContext | undefined {
  if (!lanesOf(plugin, worker)) return undefined
  const peers = peersOf(worker, run)
  return {
    serve: server(lanePort(run.connector, run.task), peers, run, closers),
    callDoor: (url, body, signal) => peers.call(url, doorPort(run.connector), body, signal),
  }
}

/** How the door of a connector reaches its tasks, and they it. */
export function doorCalls(run: TaskRun, worker: { readonly peers?: Peers | undefined }, closers: Closers) {
  const { connector } = run
  const peers = peersOf(worker, run)
  return {
    url: peers.url(),
    async callTask(task: number, body: Buffer, signal: AbortSignal): Promise<Buffer> {
      const owner = peers.ownerOf(connector, task)
      if (owner === undefined) throw new RetriableError(`Nobody runs task ${connector}-${task} at this moment.`)
      return peers.call(owner, lanePort(connector, task), body, signal)
    },
    serve: server(doorPort(connector), peers, run, closers),
  }
}

function peersOf({ peers }: { readonly peers?: Peers | undefined }, { connector }: TaskRun): Peers {
  if (peers) return peers
  throw new ConnectError(`${connector} is exactly once over several workers, which only distributed mode has.`)
}

/** Serves a port until the run ends or is left behind: its successor on this worker has the same port. */
function server(port: string, peers: Peers, { abandoned }: TaskRun, closers: Closers): (handle: Serve) => void {
  let end: (() => void) | undefined
  const stop = (): void => {
    end?.()
    end = undefined
  }
  closers.add(port, stop)
  abandoned.addEventListener('abort', stop, { once: true })
  return (handle) => {
    stop()
    if (!abandoned.aborted) end = peers.serve(port, handle)
  }
}
