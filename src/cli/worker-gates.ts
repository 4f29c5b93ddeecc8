import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Clock, Logger } from '#api'
import type { WorkerConfig } from '../config/index.ts'
import {
  createWorkerEnd,
  type Gateway,
  type HubPort,
  joinPorts,
  startGateway,
  type WorkerEnd,
} from '../gateway/index.ts'
import { compileFilter } from '../transforms/index.ts'
import { descriptorLimit } from './descriptor-limit.ts'
import { dialGates } from './dial-gates.ts'
import type { GatesOfCluster } from './gate-peers.ts'
import { settingsOfOne, startGateProcesses } from './gate-processes.ts'
import { positionKeys } from './position-keys.ts'
import { askCluster, serveCluster } from './question-text.ts'
import type { WorkerRevocations } from './revocations.ts'
import { offsetsFileOf } from './standalone-mode.ts'

export interface WorkerGatesOptions {
  readonly config: WorkerConfig
  readonly log: Logger
  readonly clock: Clock
  /** The gates of the other workers. */
  readonly cluster: GatesOfCluster
  readonly revocations: WorkerRevocations
  /** Whether all declared connectors were started. */
  readonly started: () => boolean
}

/** All gates that a worker feeds: in its own process, in processes of its own, on other machines. */
export interface WorkerGates {
  /** Where its tasks attach. */
  readonly port: HubPort
  /** The one on this machine. */
  readonly gateway: Gateway | undefined
  stop(): Promise<void>
}

const lookMs = 100

/** Rejects with `ConfigError` or `ConnectError`, and then nothing is left running. */
export async function startGates(options: WorkerGatesOptions): Promise<WorkerGates> {
  const { config, log, clock, cluster, revocations } = options
  const { link, ...settings } = config.settings.gateway
  const life = new AbortController()
  const started = (): boolean => options.started() && revocations.isRead()
  const workerEnd = createWorkerEnd({
    name: `${hostname()}-${randomUUID().slice(0, 8)}`,
    namespaces: settings.namespaces,
    limits: link,
    readBytesPerS: settings.resume.readBytesPerS,
    clock,
    log: log.child({ logger: 'tidegate.link' }),
    askOthers: (question) => askCluster(cluster, question),
    revocations: revocations.log,
  })
  const endServing = serveCluster(cluster, (question) => workerEnd.answer(question))
  const gateway = settings.enabled ? await startOwn(options, workerEnd, started) : undefined
  const ports = gateway && gateway.port !== workerEnd.port ? [gateway.port] : []
  const isLinked = link.gates.length > 0 || ports.length === 0
  const dialled = await dialGates({ link, workerEnd, clock, log }).catch(async (error: unknown) => {
    await gateway?.stop()
    throw error
  })
  const watched = tellWhenStarted(workerEnd, started, clock, life.signal)
  return {
    port: joinPorts([...ports, ...(isLinked ? [workerEnd.port] : [])]),
    gateway,
    async stop() {
      life.abort()
      await gateway?.stop()
      endServing()
      await Promise.all([dialled.stop(), watched])
      workerEnd.stop()
    },
  }
}

async function startOwn(
  { config, log, clock, revocations }: WorkerGatesOptions,
  workerEnd: WorkerEnd,
  started: () => boolean,
): Promise<Gateway> {
  const { link, processes, ...own } = config.settings.gateway
  const keys = await positionKeys(own.position.keys, offsetsFileOf(config.config))
  const descriptors = await descriptorLimit()
  const ofMachine = descriptors === undefined ? 0 : Math.max(1, descriptors - 256)
  const sessions = own.limits.sessions || ofMachine
  const settings = { ...own, position: { ...own.position, keys }, limits: { ...own.limits, sessions } }
  if (processes === 1)
    return startGateway({
      settings,
      log,
      clock,
      started,
      peers: workerEnd.peers,
      readBudget: workerEnd.readBudget,
      revocations: revocations.log,
      compileFilter,
    })
  // Each process has descriptors of its own, but shares what was configured.
  const ofOne = own.limits.sessions === 0 ? settings : settingsOfOne(settings, processes)
  const order = { settings: ofOne, link, level: config.settings.log.level }
  return startGateProcesses({ count: processes, order, workerEnd, clock, log })
}

/** Gates let clients in when they have been told all that there is. */
async function tellWhenStarted(
  workerEnd: WorkerEnd,
  started: () => boolean,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!started() && !signal.aborted) await clock.sleep(lookMs, signal)
  if (signal.aborted) return
  workerEnd.started()
}
