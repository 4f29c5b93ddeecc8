import { type Clock, ConnectError, type Logger, messageOf } from '#api'
import type { GroupJoined, KafkaClient } from '../../kafka/index.ts'
import type { ConfigState } from '../../storage/index.ts'
import { unlessAborted } from '../../util/unless-aborted.ts'
import type { TaskId } from '../herder.ts'
import { type Assignment, protocolType, sessioned, type Work } from './connect-protocol.ts'
import { createLeader } from './leader.ts'
import { decodeAssignment, encodeWorkerState } from './protocol-codec.ts'
import { toSets, toWork, union, without } from './work-sets.ts'

/** Under Kafka Connect's names; milliseconds. */
export interface WorkerGroupSettings {
  readonly 'group.id': string
  readonly 'session.timeout.ms': number
  readonly 'heartbeat.interval.ms': number
  readonly 'rebalance.timeout.ms': number
  readonly 'scheduled.rebalance.max.delay.ms': number
  readonly 'worker.sync.timeout.ms': number
  readonly 'worker.unsync.backoff.ms': number
}

export interface WorkerGroupOptions {
  readonly kafka: KafkaClient
  readonly settings: WorkerGroupSettings
  readonly clock: Clock
  readonly log: Logger
  /** Advertised. */
  readonly url: string
  /** The config topic as far as it was read; `refreshConfig` reads it to its end or rejects after that many ms. */
  config(): ConfigState
  refreshConfig(timeoutMs: number): Promise<ConfigState>
  /** What is to run of a state: deleted connectors and those without a complete set of tasks bring no tasks. */
  configured(state: ConfigState): Work
  /** A rebalance is over; `work` is all that is this worker's now. Called when it is in line with the config topic. Resolves when what is not in it has ended. */
  assigned(work: Work, group: { readonly isLeader: boolean; readonly generation: number }): Promise<void>
  /** The coordinator has put this worker out: everything is to end at once, without a last commit. */
  lost(reason: string): Promise<void>
}

/** This worker's membership among the workers of its cluster. */
export interface WorkerGroup {
  /** -1 before the first. */
  generation(): number
  isLeader(): boolean
  /** The same by the coordinator's word: a worker that was frozen does not know better. Rejects when there is none. */
  confirmLeader(): Promise<boolean>
  /** Undefined while nobody is known to be the leader: before the first rebalance, during one that the coordinator has begun, and out of the group. */
  leaderUrl(): string | undefined
  /** From the beginning of a rebalance to its end. */
  isRebalancing(): boolean
  /** Of the leader alone: who has a connector, or a task. */
  ownerUrl(what: string | TaskId): string | undefined
  /** Of the leader alone: all workers of the cluster, this one included. */
  workerUrls(): readonly string[] | undefined
  /** Whether it is in the group with its work begun: not put out or away, and the coordinator has answered within the session time-out. */
  isMember(): boolean
  /** What is this worker's. */
  work(): Work
  /** Asks for a rebalance, such as when connectors or the number of their tasks have changed. */
  rejoin(reason: string): void
  /** Resolves when this worker has been in a finished rebalance once, or rejects when that cannot be. */
  joined(signal: AbortSignal): Promise<void>
  /** Leaves the group; idempotent. */
  close(): Promise<void>
}

const noWork: Work = { connectors: [], tasks: [] }

/** Joins at once and keeps joining until `close`. */
export function createWorkerGroup(options: WorkerGroupOptions): WorkerGroup {
  const { kafka, settings, clock, log, url } = options
  const syncMs = settings['worker.sync.timeout.ms']
  const unsyncMs = settings['worker.unsync.backoff.ms']
  const maxDelayMs = settings['scheduled.rebalance.max.delay.ms']
  const closing = new AbortController()
  const leader = createLeader({ clock, log, maxDelayMs, readUpTo, configured: options.configured })
  let generation = -1
  /** Of the last generation, with all that is this worker's; undefined out of the group. */
  let mine: Assignment | undefined
  /** In the generation of `mine`; undefined from the beginning of the next rebalance. */
  let memberId: string | undefined
  let isRebalancing = true
  let isMember = false
  let unreachableSince: number | undefined
  let scheduled = new AbortController()
  let settleFirst: (error?: unknown) => void = () => {}
  const first = new Promise<void>((resolve, reject) => {
    settleFirst = (error) => (error === undefined ? resolve() : reject(error))
  })
  // Whoever waits for it is told; nobody has to.
  first.catch(() => undefined)

  async function readUpTo(offset: bigint): Promise<ConfigState | undefined> {
    const known = options.config()
    if (known.offset >= offset) return known
    return readOn(offset)
  }

  async function readOn(offset: bigint): Promise<ConfigState | undefined> {
    try {
      const state = await options.refreshConfig(syncMs)
      return state.offset >= offset ? state : undefined
    } catch (error) {
      log.warn({ error: messageOf(error), timeoutMs: syncMs }, 'the config topic could not be read to its end')
      return undefined
    }
  }

  async function joined(group: GroupJoined): Promise<void> {
    const told = decodeAssignment(group.assignment)
    const isLeader = group.leaderId === group.memberId
    const former = mine?.assigned ?? noWork
    const assigned = toWork(union(without(toSets(former), toSets(told.revoked)), toSets(told.assigned)))
    generation = group.generation
    mine = { ...told, assigned, revoked: noWork }
    memberId = group.memberId
    isRebalancing = false
    schedule(told.delay)
    if (!isLeader) leader.resign()
    log.info({ generation, isLeader, leader: told.leaderUrl, error: told.error, delay: told.delay }, 'joined the group')
    const own = mine
    const isUsable = await isInLine(told, isLeader)
    // Put out or closed meanwhile: nothing of it may begin.
    if (mine !== own || closing.signal.aborted) return
    if (!isUsable) return catchUp(told.offset)
    if (told.error !== 0) return rejoin('the leader could not assign anything')
    const isStopping = told.revoked.connectors.length + told.revoked.tasks.length > 0
    await options.assigned(assigned, { isLeader, generation })
    isMember = mine === own
    settleFirst()
    if (isStopping) rejoin('work that was revoked has ended')
  }

  /** A leader that could not decide has to read on, whatever it knows: it will be leader again. */
  const isInLine = async (told: Assignment, isLeader: boolean): Promise<boolean> =>
    (told.error !== 0 && isLeader ? await readOn(told.offset) : await readUpTo(told.offset)) !== undefined

  /**
   * Out of the group until the config topic can be read: a member that cannot follow would hold up all others. Work goes on for as long as the
   * leader surely keeps it for a worker that comes back.
   */
  async function catchUp(offset: bigint): Promise<void> {
    const keepUntil = clock.now() + maxDelayMs / 2
    if (maxDelayMs === 0) await stopWork()
    memberId = undefined
    isMember = false
    isRebalancing = true
    await member.leave(`the config topic could not be read within ${syncMs} ms`)
    while (!closing.signal.aborted) {
      await clock.sleep(Math.min(unsyncMs, isIdle() ? unsyncMs : maxDelayMs / 50), closing.signal)
      if (closing.signal.aborted) return
      if (await readOn(offset)) return rejoin('the config topic was read')
      if (!isIdle() && clock.now() + syncMs > keepUntil) await stopWork()
    }
  }

  const isIdle = (): boolean => !mine || mine.assigned.connectors.length + mine.assigned.tasks.length === 0

  async function stopWork(): Promise<void> {
    mine = undefined
    await options.assigned(noWork, { isLeader: false, generation })
  }

  function schedule(delay: number): void {
    scheduled.abort()
    if (delay <= 0 || closing.signal.aborted) return
    const own = new AbortController()
    scheduled = own
    const wait = async () => {
      await clock.sleep(delay, own.signal)
      if (!own.signal.aborted) rejoin('the wait for lost work is over')
    }
    void wait()
  }

  function rejoin(reason: string): void {
    member.rejoin(reason)
  }

  const member = kafka.groupMember({
    groupId: settings['group.id'],
    clientId: `connect-${url.replace(/^\w+:\/\/|\/$/g, '')}`,
    protocolType,
    sessionTimeoutMs: settings['session.timeout.ms'],
    heartbeatMs: settings['heartbeat.interval.ms'],
    rebalanceTimeoutMs: settings['rebalance.timeout.ms'],
    async protocols() {
      const metadata = encodeWorkerState({ url, offset: options.config().offset, assignment: mine })
      return [{ name: sessioned, metadata }]
    },
    assign: (group) => leader.decide(group, mine ? generation : -1),
    joined,
    rebalancing() {
      memberId = undefined
      isRebalancing = true
    },
    async lost(reason) {
      schedule(0)
      mine = undefined
      memberId = undefined
      isMember = false
      isRebalancing = true
      leader.resign()
      await options.lost(reason)
    },
    refused: (error) => settleFirst(error),
    onUpstream({ reachable, since }) {
      unreachableSince = reachable ? undefined : since
    },
  })

  const isLeader = (): boolean => memberId !== undefined && memberId === mine?.leader

  return {
    generation: () => generation,
    isLeader,
    confirmLeader: async () => isLeader() && (await member.confirm()),
    leaderUrl: () => (memberId === undefined ? undefined : mine?.leaderUrl),
    isRebalancing: () => isRebalancing,
    ownerUrl: (what) =>
      memberId !== undefined && memberId === mine?.leader ? leader.ownerUrl(generation, what) : undefined,
    workerUrls: () => (isLeader() ? leader.workerUrls(generation) : undefined),
    isMember: () =>
      isMember && (unreachableSince === undefined || clock.now() - unreachableSince <= settings['session.timeout.ms']),
    work: () => mine?.assigned ?? noWork,
    rejoin,
    joined: (signal) => unlessAborted(first, signal),
    async close() {
      closing.abort()
      scheduled.abort()
      memberId = undefined
      isMember = false
      isRebalancing = false
      settleFirst(new ConnectError(`The membership in group ${settings['group.id']} was closed.`))
      await member.close()
      mine = undefined
    },
  }
}
