import { ConflictError, type Logger } from '#api'
import type { WorkerDeps } from '../../runtime/index.ts'
import type { StatusStore } from '../../storage/index.ts'
import { within } from '../../util/within.ts'
import type { TaskId } from '../herder.ts'
import { serializeByName } from '../serialize.ts'
import type { Work } from './connect-protocol.ts'
import { createLocalConnector, type LocalConnector } from './local-connector.ts'
import type { Cluster, DesiredWork, LocalWork } from './local-work.ts'
import { createStatusReports } from './status-reports.ts'
import type { Share } from './wanted-work.ts'

export interface LocalWorkOptions {
  readonly deps: WorkerDeps
  readonly statuses: StatusStore
  readonly cluster: Cluster
  /** `host:port` of this worker's REST API. */
  workerId(): string
  /** Of the group. */
  generation(): number
  readonly log: Logger
  /** `group.id`: transactional ids begin with it. */
  readonly groupId: string
}

export function createLocalWork(options: LocalWorkOptions): LocalWork {
  const { deps, workerId } = options
  const connectors = new Map<string, LocalConnector>()
  const queues = serializeByName()
  const reports = createStatusReports(options)
  let waiting: DesiredWork | undefined
  /** What is being done; another or none after all was given up. */
  let current: DesiredWork | undefined
  let isStopped = false
  let last: Promise<void> = Promise.resolve()

  function local(name: string): LocalConnector {
    const log = options.log.child({ connector: name })
    const found =
      connectors.get(name) ?? createLocalConnector({ ...options, name, log, reports, inTurn: queues.of(name) })
    connectors.set(name, found)
    return found
  }

  const asked = (name: string, work: (found: LocalConnector) => Promise<void>): Promise<void> =>
    queues.of(name)(async () => {
      if (isStopped) throw new ConflictError('The worker is stopping.')
      await work(local(name))
    })

  /** Those of several connectors side by side; one that fails says so and holds up no other. */
  async function alignAll(desired: DesiredWork): Promise<void> {
    const shares = sharesOf(desired, connectors.keys())
    const isCurrent = (): boolean => desired === current && !isStopped
    await Promise.all(
      [...shares].map(([name, share]) =>
        queues
          .of(name)(async () => {
            if (!isCurrent()) return
            await local(name).align(share)
            if (!share.entry && isCurrent()) connectors.delete(name)
          })
          .catch((error: unknown) =>
            options.log.error({ connector: name, error }, 'connector could not be brought in line'),
          ),
      ),
    )
  }

  async function alignNewest(): Promise<void> {
    if (isStopped || !waiting) return
    current = waiting
    waiting = undefined
    await alignAll(current)
  }

  return {
    align(desired) {
      waiting = desired
      last = last.then(alignNewest)
      return last
    },
    running(): Work {
      const all = [...connectors.values()].map((each) => each.running())
      return { connectors: all.flatMap((each) => each.connectors), tasks: all.flatMap((each) => each.tasks) }
    },
    restartConnector: (name) => asked(name, (found) => found.restartConnector()),
    restartTask: ({ connector, task }: TaskId) => asked(connector, (found) => found.restartTask(task)),
    readers: (name) => connectors.get(name)?.readers() ?? [],
    async abandon() {
      waiting = undefined
      current = undefined
      for (const each of connectors.values()) each.abandon()
    },
    async stop() {
      isStopped = true
      waiting = undefined
      const ended = Promise.all([...connectors.values()].map((each) => each.stop())).then(() => queues.idle())
      const inTime = await within(deps.settings['task.shutdown.graceful.timeout.ms'], ended, deps.clock)
      if (!inTime) options.log.error({ worker: workerId() }, 'what ran here did not end in time and is left behind')
    },
  }
}

/** What of each connector should be here; those that run here and are wanted no more included. */
function sharesOf(desired: DesiredWork, present: Iterable<string>): ReadonlyMap<string, Share> {
  const { connectors, tasks, all } = desired
  const names = new Set([...present, ...all.keys(), ...connectors.keys(), ...tasks.map(({ id }) => id.connector)])
  return new Map(
    [...names].map((name) => {
      const own = tasks.filter(({ id }) => id.connector === name)
      const entry = connectors.get(name) ?? own[0]?.entry ?? all.get(name)
      const ofTasks = new Map(own.map(({ id, props }) => [id.task, props]))
      return [name, { entry, isOwner: connectors.has(name), tasks: ofTasks }]
    }),
  )
}
