import { ConflictError, type Logger, messageOf } from '#api'
import type { WorkerDeps } from '../../runtime/index.ts'
import type { ConnectorEntry, RawConfig } from '../../storage/index.ts'
import { type ConnectorLife, type MadeTasks, startLife } from '../connector-life.ts'
import { sameProps } from '../connector-props.ts'
import type { ReaderState, TaskId } from '../herder.ts'
import type { InTurn } from '../serialize.ts'
import type { TaskSlot } from '../task-slot.ts'
import type { Work } from './connect-protocol.ts'
import type { Cluster } from './local-work.ts'
import { openTask } from './open-task.ts'
import type { StatusReports } from './status-reports.ts'
import { hasTasksOf, isAnnounced, isOverruling, keyOf, type Share, type Wanted, wantedOf } from './wanted-work.ts'

export interface LocalConnectorOptions {
  readonly name: string
  readonly groupId: string
  readonly deps: WorkerDeps
  readonly log: Logger
  readonly cluster: Cluster
  readonly reports: StatusReports
  readonly workerId: () => string
  readonly inTurn: InTurn
}

/** All of one connector that runs on this worker. What changes it comes in its turn, but for `abandon` and `stop`. */
export interface LocalConnector {
  align(share: Share): Promise<void>
  running(): Work
  readers(): readonly ReaderState[]
  restartConnector(): Promise<void>
  restartTask(task: number): Promise<void>
  abandon(): void
  stop(): Promise<void>
}

interface Running extends Wanted {
  readonly slot: TaskSlot
  readonly life: AbortController
  /** It ends or has ended, and its successor is not there yet. */
  isOver: boolean
}

const nothing: Share = { entry: undefined, isOwner: false, tasks: new Map() }

export function createLocalConnector(options: LocalConnectorOptions): LocalConnector {
  const { name, groupId, deps, log, cluster, reports, workerId, inTurn } = options
  const running = new Map<string, Running>()
  /** On their way out. */
  const ending = new Set<Running>()
  let share = nothing
  let life: ConnectorLife | undefined
  /** Whether this worker's reader is the numbered task. */
  let isNumbered = false
  /** What the connector made last, and its way to the leader. */
  let made: readonly RawConfig[] | undefined
  let putting: Promise<unknown> = Promise.resolve()
  /** The leader knew of a stop or a deletion that this worker did not: whatever comes next has to have its tasks. */
  let isOverruled = false
  /** Changes when all was given up: what was under way then ends without a further step. */
  let era = 0
  let isStopped = false

  const isStarted = (): boolean => share.entry?.target === 'STARTED' && !isStopped
  const idOf = ({ task }: Wanted): TaskId => ({ connector: name, task })
  const isShown = ({ kind }: Wanted): boolean => kind === 'task' || (kind === 'reader' && isNumbered)

  function tellConnector(): void {
    if (life) reports.connector(name, life.state())
  }

  function tell(each: Running): void {
    if (running.get(keyOf(each)) !== each || !isShown(each)) return
    const state = each.slot.state()
    // Between two starts of the same task.
    if (state.state !== 'UNASSIGNED') reports.task(idOf(each), state)
  }

  const tellGone = (each: Wanted): void =>
    reports.taskGone(idOf(each), share.entry === undefined || each.task >= share.entry.tasks.length)

  async function begin(wanted: Wanted): Promise<void> {
    const mine = era
    const id = idOf(wanted)
    const ownLife = new AbortController()
    const slot = await openTask({
      id,
      kind: wanted.kind,
      props: wanted.props,
      deps,
      log,
      workerId,
      inTurn,
      isStarted,
      signal: ownLife.signal,
      async renew() {
        const each = running.get(keyOf(wanted))
        if (each?.slot !== slot || each.isOver) return
        log.info({ task: wanted.task }, 'a value of a configuration provider has changed, so the task restarts')
        await replace(each)
      },
      changed: () => {
        const each = running.get(keyOf(wanted))
        if (each?.slot === slot) tell(each)
      },
      numbered: () => isNumbered,
      exactlyOnce: {
        transactionalId: `${groupId}-${name}-${wanted.task}`,
        fence: () => cluster.fence(name),
        verify: () => cluster.verify(id, wanted.generation),
      },
    })
    if (mine !== era) {
      ownLife.abort()
      return slot.abandon()
    }
    const each = { ...wanted, slot, life: ownLife, isOver: false }
    running.set(keyOf(wanted), each)
    if (isShown(each)) reports.taskBegun(id)
    tell(each)
  }

  async function end(each: Running): Promise<void> {
    each.isOver = true
    each.life.abort()
    ending.add(each)
    await each.slot.stop()
    ending.delete(each)
  }

  async function replace(each: Running): Promise<void> {
    const mine = era
    await end(each)
    if (mine === era) await begin(each)
  }

  /** Another worker has the numbered task; the reader goes on. */
  async function handOver(reader: Running): Promise<void> {
    isNumbered = false
    await reader.slot.handOver()
    tellGone(reader)
  }

  async function endConnector(): Promise<void> {
    life?.end()
    life = undefined
    reports.connectorGone(name, share.entry === undefined)
  }

  /** Ends what is not to be here, and what is outdated; that stays in `running` until its successor is there. */
  async function endWhatMust(wanted: ReadonlyMap<string, Wanted>, willBeNumbered: boolean): Promise<void> {
    const works = [...running].map(async ([key, each]) => {
      const next = wanted.get(key)
      const isSame = next !== undefined && next.generation === each.generation && sameProps(next.props, each.props)
      const losesNumber = each.kind === 'reader' && isNumbered && !willBeNumbered
      if (isSame) return losesNumber ? handOver(each) : undefined
      await end(each)
      if (next && !losesNumber) return
      if (!next && running.get(key) === each) running.delete(key)
      if (isShown(each)) tellGone(each)
    })
    if (life && !share.isOwner) works.push(endConnector())
    await Promise.all(works)
  }

  async function alignConnector(entry: ConnectorEntry, former: ConnectorEntry | undefined, mine: number) {
    const isAgain = isOverruled
    isOverruled = false
    if (!life) {
      const begun = await startLife({
        name,
        raw: entry.config,
        target: entry.target,
        deps,
        log,
        inTurn,
        giveTasks,
        changed: tellConnector,
      })
      if (mine !== era) return begun.end()
      life = begun
      await life.updateTasks()
    } else if (!sameProps(life.raw(), entry.config)) {
      reports.connectorBegun(name)
      life.aim(entry.target)
      await life.configure(entry.config)
    } else if (life.target() !== entry.target) {
      life.aim(entry.target)
      await life.reach()
    } else if (isAgain || isAnnounced(entry, former, made)) await life.updateTasks()
    tellConnector()
  }

  /** Not awaited in the connector's turn: what the leader writes may bring the next change before it answers. */
  async function giveTasks({ configs, failed }: MadeTasks): Promise<boolean> {
    made = configs
    const { entry } = share
    if (!entry || hasTasksOf(entry, configs)) return false
    const put = putting.then(() => (made === configs ? cluster.putTasks(name, configs) : undefined))
    putting = put.catch((error: unknown) => {
      if (!isOverruling(error) || (share.entry !== entry && isStarted())) return failed(error)
      isOverruled = share.entry === entry
      log.debug({ reason: messageOf(error) }, 'the tasks are not written: the connector was stopped or deleted')
    })
    return true
  }

  async function align(next: Share): Promise<void> {
    const mine = era
    const former = share.entry
    share = next
    const { entry, isOwner } = next
    const wanted = await wantedOf(next, deps)
    if (mine !== era) return
    const willBeNumbered = wanted.has('reader') && next.tasks.has(0)
    await endWhatMust(wanted, willBeNumbered)
    if (mine !== era) return
    const isNewlyNumbered = willBeNumbered && !isNumbered
    isNumbered = willBeNumbered
    for (const each of running.values()) {
      if (each.isOver) continue
      if (former?.target !== entry?.target) {
        if (entry?.target === 'PAUSED') each.slot.pause()
        else each.slot.resume()
      }
      if (each.kind === 'reader' && isNewlyNumbered) each.slot.renumbered()
      tell(each)
    }
    const missing = [...wanted].filter(([key]) => running.get(key)?.isOver !== false)
    await Promise.all(missing.map(([, each]) => begin(each)))
    if (mine !== era) return
    if (isOwner && entry) await alignConnector(entry, former, mine)
    if (!entry) deps.metrics.forget(name)
  }

  return {
    align,
    running: () => ({
      connectors: life ? [name] : [],
      tasks: [...running.values()].filter(isShown).map(idOf),
    }),
    readers: () =>
      [...running.values()].flatMap((each) => {
        if (each.kind === 'task') return []
        const { state, worker_id, trace, facts } = each.slot.state()
        return [
          {
            state: state as ReaderState['state'],
            worker_id,
            ...(trace !== undefined && { trace }),
            numbered: isShown(each),
            ...(facts && { facts }),
          },
        ]
      }),
    async restartConnector() {
      if (!life) throw new ConflictError(`Connector ${name} does not run on this worker at this moment.`)
      reports.connector(name, { ...life.state(), state: 'RESTARTING' })
      await life.restart()
      tellConnector()
    },
    async restartTask(task) {
      const each = running.get(`task/${task}`) ?? (task === 0 ? running.get('reader') : undefined)
      if (!each) throw new ConflictError(`Task ${name}-${task} does not run on this worker at this moment.`)
      if (isShown(each)) reports.task(idOf(each), { state: 'RESTARTING', version: each.slot.state().version })
      await replace(each)
    },
    abandon() {
      era++
      for (const each of [...running.values(), ...ending]) {
        if (each.kind !== 'task') continue
        each.life.abort()
        each.slot.abandon()
        if (running.delete(keyOf(each))) tellGone(each)
      }
      const reader = running.get('reader')
      if (isNumbered && reader) tellGone(reader)
      isNumbered = false
      reader?.slot.renumbered()
      if (life) void endConnector()
      share = { ...share, isOwner: false, tasks: new Map() }
    },
    async stop() {
      era++
      isStopped = true
      const all = [...running.values()]
      if (life) void endConnector()
      await Promise.all(
        all.map(async (each) => {
          each.life.abort()
          await each.slot.stop()
          if (isShown(each)) tellGone(each)
        }),
      )
      running.clear()
    },
  }
}
