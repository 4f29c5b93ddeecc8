import { ConflictError, ConnectError, type Logger, messageOf } from '#api'
import type { WorkerDeps } from '../../runtime/index.ts'
import type { ConfigStore, StatusStore } from '../../storage/index.ts'
import type { PeerClient } from '../../util/peer-client.ts'
import { within } from '../../util/within.ts'
import { createActiveTopics, type TopicTrackingSettings } from '../active-topics.ts'
import { createDeclarations } from '../declarations.ts'
import type { Herder, InternalRequests } from '../herder.ts'
import { createLoggers, type LogLevels } from '../loggers.ts'
import { type InTurn, serializeByName } from '../serialize.ts'
import { createWorkerAnswers, type PreviewDeclaration } from '../worker-answers.ts'
import { createClaims } from './claims.ts'
import { createClusterCalls } from './cluster-calls.ts'
import { createClusterOffsets } from './cluster-offsets.ts'
import { followConfig } from './config-changes.ts'
import type { Work } from './connect-protocol.ts'
import { createLocalWork, type LocalWorkOptions } from './create-local-work.ts'
import { configuredWork, desiredWork, isSameWork } from './desired-work.ts'
import { createFencing } from './fencing.ts'
import { createInternalClient, type InternalClient, type InternalClientOptions } from './internal-client.ts'
import { createKeyRotation } from './key-rotation.ts'
import type { LocalWork } from './local-work.ts'
import { createPeers, type WorkerPeers } from './peers.ts'
import { forgetRemoved } from './removed-statuses.ts'
import { createRequests } from './requests.ts'
import { createSessionKeys, type SessionKeySettings } from './session-keys.ts'
import { createStates } from './states.ts'
import { createTurns } from './turns.ts'
import {
  createWorkerGroup,
  type WorkerGroup,
  type WorkerGroupOptions,
  type WorkerGroupSettings,
} from './worker-group.ts'
import { workerIdOf } from './worker-id.ts'

export interface DistributedHerderSettings extends WorkerGroupSettings, SessionKeySettings, TopicTrackingSettings {
  readonly 'exactly.once.source.support': 'disabled' | 'preparing' | 'enabled'
}

export interface DistributedHerderOptions {
  /** The offsets are open. */
  readonly deps: Omit<WorkerDeps, 'topics' | 'peers' | 'exactlyOnce'>
  /** Open: read to their ends. The herder closes them, and the offsets, when it stops. */
  readonly config: ConfigStore
  readonly statuses: StatusStore
  readonly settings: DistributedHerderSettings
  readonly levels: LogLevels
  readonly preview: PreviewDeclaration
  /** Of this worker's REST API, as it is advertised to the others. */
  readonly url: string
  /** Connections to the other workers; the caller closes them after `stop`. */
  readonly peers: PeerClient
  readonly version: string
  readonly commit: string
  readonly createGroup?: (options: WorkerGroupOptions) => WorkerGroup
  readonly createWork?: (options: LocalWorkOptions) => LocalWork
  readonly createClient?: (options: InternalClientOptions) => InternalClient
}

export interface DistributedHerder extends Herder {
  readonly internal: InternalRequests
  readonly peers: WorkerPeers
  /** Joins the cluster, and keeps joining. Once. */
  start(): void
  /** Resolves when this worker has been in a finished rebalance once, or rejects when that cannot be. */
  joined(signal: AbortSignal): Promise<void>
  /** Whether it has joined the cluster once and its work was begun. */
  ready(): boolean
  /** Whether it is in the cluster at this moment, as far as it can know: what it is ready for is done. */
  isMember(): boolean
  isLeader(): boolean
  leaderUrl(): string | undefined
  /** Ends all work with a last commit, leaves the cluster and closes the stores; idempotent. */
  stop(): Promise<void>
}

/** How long (ms) the last statuses may take to be written. */
const flushMs = 5000
/** How long (ms) each further step of the end may take, with a Kafka that does not answer. */
const stepMs = 2000

const noWork: Work = { connectors: [], tasks: [] }

/** One worker of a cluster, as in Kafka Connect's distributed mode. Everything that runs follows from the config topic and the group's decisions. */
export function createDistributedHerder(options: DistributedHerderOptions): DistributedHerder {
  const { config, statuses, settings, levels } = options
  const { createGroup = createWorkerGroup, createWork = createLocalWork, createClient = createInternalClient } = options
  const { clock, kafka } = options.deps
  const groupId = settings['group.id']
  const syncMs = settings['worker.sync.timeout.ms']
  const log: Logger = options.deps.log.child({ logger: 'tidegate.herder' })
  const url = options.url.endsWith('/') ? options.url : `${options.url}/`
  const workerId = () => workerIdOf(url)
  const queues = serializeByName()
  let group: WorkerGroup | undefined
  /** What is this worker's since the last rebalance. */
  let mine = noWork
  /** What the leader last shared out. */
  let shared = noWork
  let hasAligned = false
  let stopping: Promise<void> | undefined

  const keys = createSessionKeys({ settings, current: () => config.state().sessionKey, now: clock.now })
  const client = createClient({ keys, peers: options.peers })
  const peers = createPeers({ group: () => group, url: () => url, workerId, statuses, client })
  const topics = createActiveTopics(settings, (name) => config.state().connectors.has(name), statuses)
  const exactlyOnce = settings['exactly.once.source.support'] === 'enabled'
  const deps: WorkerDeps = { ...options.deps, topics, peers, exactlyOnce }
  const isLeader = (): boolean => group?.isLeader() ?? false
  const states = createStates({ config: config.state, statuses, plugins: deps.plugins })
  const turns = createTurns({ group: () => group, clock })
  const rejoin = (reason: string) => group?.rejoin(reason)
  const claims = createClaims({
    store: config,
    clock,
    log,
    waitMs: 10_000,
    syncMs,
    isLeader: async () => group?.confirmLeader() ?? false,
    rejoin,
    onClaimed: () => rotation.look(),
  })
  const rotation = createKeyRotation({ keys, store: config, claims, clock, log, isLeader })
  const declarations = createDeclarations(deps)
  const inTurn =
    (name: string): InTurn =>
    (change) =>
      queues.of(name)(async () => {
        if (stopping) throw new ConflictError('The worker is stopping.')
        return change()
      })
  const { fence, fenceInTurn } = createFencing({ deps, store: config, claims, groupId, syncMs, inTurn })
  const offsets = createClusterOffsets({ deps, store: config, statuses, fenceInTurn, groupId, syncMs })
  const leader: Pick<InternalRequests, 'putTasks' | 'fence'> = {
    putTasks: (name, configs) => ofLeader.putTasks(name, configs),
    fence: (name) => ofLeader.fence(name),
  }
  const cluster = createClusterCalls({ store: config, group: () => group, turns, client, leader })
  const generation = () => group?.generation() ?? -1
  const work = createWork({ deps, statuses, cluster, workerId, generation, log: deps.log, groupId })
  const judges = { store: config, states, declarations, claims, turns }
  const { requests, ofLeader } = createRequests({ ...judges, work, offsets, fence, inTurn })

  /** Brings what runs here in line with the config topic and what is this worker's. */
  async function align(until: 'done' | 'ended' = 'done'): Promise<void> {
    if (!group || generation() < 0 || stopping) return
    await work.align(desiredWork(mine, config.state()), until)
  }

  /** Of the leader: a rebalance shares out what was not there in the last one. */
  function shareOut(): void {
    if (isLeader() && !stopping && !isSameWork(shared, configuredWork(config.state())))
      rejoin('connectors or the number of their tasks have changed')
  }

  async function assigned(next: Work, { isLeader: leads }: { readonly isLeader: boolean }): Promise<void> {
    if (stopping) return
    mine = next
    claims.elected(leads)
    rotation.look()
    turns.wake()
    // The next rebalance has to wait for what others may begin then, and for nothing else.
    await align(hasAligned ? 'ended' : 'done')
    hasAligned = true
    if (!leads) return
    forgetRemoved(config.state(), statuses)
    shareOut()
  }

  async function lost(reason: string): Promise<void> {
    log.warn({ reason }, 'this worker is out of its cluster: its work ends at once')
    mine = noWork
    claims.elected(false)
    rotation.look()
    turns.wake()
    await work.abandon()
  }

  followConfig({
    store: config,
    states,
    work,
    levels,
    log,
    align: () => align(),
    changed: shareOut,
    mine: () => (stopping ? noWork : mine),
    keyChanged: rotation.look,
    removed(name) {
      deps.metrics.forget(name)
      // Each worker: what its own tasks told meanwhile may come behind what the leader forgets.
      if (!config.state().connectors.has(name)) topics.forget(name)
    },
  })

  async function end(): Promise<void> {
    rotation.stop()
    turns.wake()
    const until = clock.now() + deps.settings['task.shutdown.graceful.timeout.ms']
    await work.stop()
    // What is under way ends by itself; it holds up the end no longer than a task may.
    await within(Math.max(0, until - clock.now()), queues.idle(), clock)
    await inTime('statuses were not written', () => statuses.flush(flushMs), flushMs + stepMs)
    await inTime('the group could not be left', async () => group?.close())
    await inTime('the config topic could not be given up', () => claims.close())
    await Promise.all([
      inTime('the config topic could not be closed', () => config.close()),
      inTime('the status topic could not be closed', () => statuses.close()),
      inTime('the offsets could not be closed', () => deps.offsets.close()),
    ])
    client.close()
  }

  async function inTime(complaint: string, step: () => Promise<unknown>, timeoutMs = stepMs): Promise<void> {
    try {
      if (!(await within(timeoutMs, step(), clock))) log.warn({ timeoutMs }, complaint)
    } catch (error) {
      log.error({ error: messageOf(error) }, complaint)
    }
  }

  return {
    ...createWorkerAnswers({ ...options, deps, declarations }),
    ...createLoggers(levels, (name, level) => config.putLogger(name, level.toUpperCase())),
    connectors: async () => [...config.state().connectors.keys()],
    connectorInfo: async (name) => states.info(name),
    connectorConfig: async (name) => states.info(name).config,
    connectorState: async (name) => states.state(name),
    tasks: async (name) => states.tasks(name),
    taskState: async (id) => states.taskState(id),
    health: async (name) => states.health(name),
    readers: async (name) => work.readers(name),
    runsHere: work.running,
    ...requests,
    topics: async (name) => topics.list(name),
    resetTopics: async (name) => topics.reset(name),
    offsets: (name) => offsets.list(name),
    internal: { verify: keys.verify, ...leader, call: peers.answer },
    peers,

    start() {
      const here = { kafka, settings, clock, log, url }
      group ??= createGroup({
        ...here,
        assigned,
        lost,
        config: config.state,
        refreshConfig: config.refresh,
        configured(state) {
          shared = configuredWork(state)
          return shared
        },
      })
    },
    async joined(signal) {
      if (!group) throw new ConnectError('The worker has not begun to join its cluster.')
      await group.joined(signal)
    },
    ready: () => hasAligned && !stopping,
    isMember: () => group?.isMember() ?? false,
    isLeader,
    leaderUrl: () => group?.leaderUrl(),
    stop: () => (stopping ??= end()),
  }
}
