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
  /** What each connector is to be brought in line with, and when that is done; not begun yet. */
  const waiting = new Map<string, { share: Share; readonly done: Promise<void> }>()
  /** What may be here of each, what is about to end included. */
  const here = new Map<string, Held>()
  /** Changes when all was given up. */
  let era = 0
  let isStopped = false

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

  async function alignNewest(name: string): Promise<void> {
    const share = waiting.get(name)?.share
    waiting.delete(name)
    if (!share || isStopped) return
    const mine = era
    here.set(name, both(here.get(name), share))
    await local(name).align(share)
    if (mine !== era || isStopped) return
    here.set(name, share)
    if (share.entry || waiting.has(name)) return
    connectors.delete(name)
    here.delete(name)
  }

  /** One that fails says so and holds up no other. */
  function alignOne(name: string, share: Share): Promise<void> {
    const found = waiting.get(name)
    if (found) {
      found.share = share
      return found.done
    }
    const done = queues
      .of(name)(() => alignNewest(name))
      .catch((error: unknown) =>
        options.log.error({ connector: name, error }, 'connector could not be brought in line'),
      )
    waiting.set(name, { share, done })
    return done
  }

  return {
    async align(desired, until = 'done') {
      if (isStopped) return
      const shares = [...sharesOf(desired, new Set([...connectors.keys(), ...waiting.keys()]))]
      const works = shares.flatMap(([name, share]) => {
        const isWaitedFor = until === 'done' || losesWork(here.get(name), share)
        const done = alignOne(name, share)
        return isWaitedFor ? [done] : []
      })
      await Promise.all(works)
    },
    running(): Work {
      const all = [...connectors.values()].map((each) => each.running())
      return { connectors: all.flatMap((each) => each.connectors), tasks: all.flatMap((each) => each.tasks) }
    },
    restartConnector: (name) => asked(name, (found) => found.restartConnector()),
    restartTask: ({ connector, task }: TaskId) => asked(connector, (found) => found.restartTask(task)),
    readers: (name) => connectors.get(name)?.readers() ?? [],
    async abandon() {
      era++
      waiting.clear()
      for (const each of connectors.values()) each.abandon()
    },
    async stop() {
      isStopped = true
      waiting.clear()
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

type Held = Pick<Share, 'isOwner' | 'tasks'>

const both = (a: Held | undefined, b: Held): Held => ({
  isOwner: Boolean(a?.isOwner) || b.isOwner,
  tasks: new Map([...(a?.tasks ?? []), ...b.tasks]),
})

const losesWork = (before: Held | undefined, next: Held): boolean =>
  before !== undefined &&
  ((before.isOwner && !next.isOwner) || [...before.tasks.keys()].some((task) => !next.tasks.has(task)))
