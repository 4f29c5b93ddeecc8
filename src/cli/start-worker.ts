import { resolve } from 'node:path'
import { ConfigError, type Logger } from '#api'
import {
  type ConnectorDeclaration,
  clientPropsOf,
  connectorFiles,
  createConfigResolver,
  loadWorkerConfig,
  readConnectorFile,
  type WorkerConfig,
} from '../config/index.ts'
import { type Herder, StartingError } from '../herder/index.ts'
import { createKafkaClient, kafkaTraffic } from '../kafka/index.ts'
import { type Readiness, startRest } from '../rest/index.ts'
import { createLogging, type Logging } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { systemClock } from '../util/clock.ts'
import { type Closers, createClosers } from '../util/closers.ts'
import { createPeerClient } from '../util/peer-client.ts'
import { unlessAborted } from '../util/unless-aborted.ts'
import { within } from '../util/within.ts'
import { distributedMode } from './distributed-mode.ts'
import { findPlugins, tellInstallable } from './find-plugins.ts'
import { createGatePeers } from './gate-peers.ts'
import { connectVersion, packageRoot, packageVersion } from './package-info.ts'
import { peerTls, restOptions } from './rest-options.ts'
import { openRevocations, toRevoking } from './revocations.ts'
import { scrape } from './scrape.ts'
import { standaloneMode } from './standalone-mode.ts'
import { startGates } from './worker-gates.ts'
import type { WorkerMode, WorkerParts } from './worker-mode.ts'

export interface WorkerOptions {
  /** Java properties or JSON. */
  readonly file?: string | undefined
  /** Connector declarations to start; none: those directly in `connectors/`. */
  readonly connectorFiles: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** By dotted name; they win over all else. */
  readonly flags: Readonly<Record<string, string>>
  readonly log?: Logger
  /** Ends a start that takes long; what was begun is ended, and the start rejects. */
  readonly signal?: AbortSignal
}

export interface Worker {
  readonly restUrl: string
  /** Absent when the gateway is not enabled. */
  readonly gatewayUrl?: string | undefined
  readonly herder: Herder
  /** Whether clients are let in: every sink has caught up. */
  ready(): boolean
  /** Drains the clients, flushes, commits and leaves, within `task.shutdown.graceful.timeout.ms` and 20 s; idempotent. */
  stop(): Promise<void>
}

/** Starts a worker: gateway, REST API and, standalone, the connectors of its files. Rejects with what is wrong, and then nothing is left running. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const config = await loadWorkerConfig(options)
  const own = createLogging(config.settings.log.level)
  const logging = options.log ? { ...own, log: options.log } : own
  for (const warning of config.warnings) logging.log.warn({}, warning)
  const closers = createClosers(logging.log)
  const timeoutMs = config.config['task.shutdown.graceful.timeout.ms'] + endMs
  const stop = async (): Promise<void> => {
    if (await within(timeoutMs, closers.closeAll(), systemClock)) return
    logging.log.error({ timeoutMs }, 'the worker did not end in order in time: what is left ends with its process')
  }
  try {
    return { ...(await start(options, config, logging, closers)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Milliseconds that all of the end may take beyond what tasks are given, with a Kafka that does not answer. */
const endMs = 20_000

async function start(
  options: WorkerOptions,
  config: WorkerConfig,
  logging: Logging,
  closers: Closers,
): Promise<Omit<Worker, 'stop'>> {
  const { log, levels } = logging
  const clock = systemClock
  const declarations = config.distributed ? noDeclarations(options) : await readDeclarations(options, log)
  const { props, config: worker, settings } = config
  const { plugins, warnings } = await findPlugins(worker['plugin.path'], declarations, options.file)
  for (const warning of warnings) log.warn({}, warning)
  tellInstallable(plugins, log)
  const resolver = createConfigResolver(props, { clock, log, env: options.env })
  closers.add('config providers', () => resolver.close())
  const kafka = createKafkaClient({
    bootstrapServers: worker['bootstrap.servers'],
    clientId: worker['client.id'] || 'tidegate',
    props: clientPropsOf(props),
    log: log.child({ logger: 'tidegate.kafka' }),
    clock,
  })
  closers.add('kafka', () => kafka.close())
  const metrics = createMetrics({
    now: () => clock.now(),
    windowMs: worker['metrics.sample.window.ms'],
    samples: worker['metrics.num.samples'],
    version: packageVersion,
    kafka: kafkaTraffic,
  })
  let mode: WorkerMode | undefined
  let restUrl = ''
  const waitsFor = (): string | undefined => (mode ? mode.waitsFor() : 'The worker is starting.')
  const gatePeers = createGatePeers()
  const hasGates = settings.gateway.enabled || settings.gateway.link.gates.length > 0
  const revocations = hasGates ? await openRevocations({ config, kafka, log, clock }) : undefined
  closers.add('revocations', () => revocations?.close())
  const started = (): boolean => waitsFor() === undefined
  const gates = revocations && (await startGates({ config, log, clock, cluster: gatePeers, revocations, started }))
  const gateway = gates?.gateway
  const restLog = log.child({ logger: 'tidegate.rest' })
  const peers = createPeerClient({ tls: () => peerTls(props, restLog) })
  closers.add('connections to other workers', () => peers.close())
  const parts: WorkerParts = {
    config,
    deps: { kafka, plugins, log, clock, workerProps: props, settings: worker, metrics: metrics.runtime, resolver },
    levels,
    log,
    closers,
    url: () => restUrl,
    peers,
    version: connectVersion,
    commit: `tidegate-${packageVersion}`,
  }
  mode = config.distributed
    ? distributedMode(parts, config.distributed, gates?.port)
    : await standaloneMode(parts, gates?.port, declarations)
  // Clients are told and their publications answered while the connectors still run.
  if (gates) closers.add('gates', () => gates.stop())
  const herder = (): Herder => {
    const made = mode?.herder()
    if (made) return made
    throw new StartingError(waitsFor() ?? 'The worker is starting.')
  }
  const readiness = (): Readiness => {
    const unread = revocations?.isRead() === false ? 'The revocations are being read.' : undefined
    const warming = gateway?.isReady() === false ? 'The gateway is still warming up.' : undefined
    const reason = waitsFor() ?? mode?.lacks?.() ?? unread ?? warming
    return reason === undefined ? { ready: true, reason: 'The worker is at work.' } : { ready: false, reason }
  }
  const rest = await startRest({
    ...(await restOptions(config.rest, props, restLog)),
    herder,
    metrics: { contentType: metrics.contentType, text: () => metrics.text(scrape(herder, gateway)) },
    revoking: revocations && toRevoking(revocations, settings.gateway.auth),
    ready: () => waitsFor() === undefined,
    readiness,
    starting: () => (mode?.herder() ? undefined : waitsFor()),
    peers,
    log: restLog,
  })
  closers.add('rest', () => rest.stop())
  restUrl = rest.url
  const signal = options.signal ?? new AbortController().signal
  // Kafka may hold up what was asked of it for long.
  await unlessAborted(mode.begin(signal), signal)
  const cluster = mode.peers?.()
  if (cluster) gatePeers.join(cluster)
  log.info({ rest: rest.url, gateway: gateway?.address.url, connectors: declarations.length }, 'worker started')
  return {
    restUrl: rest.url,
    gatewayUrl: gateway?.address.url,
    herder: herder(),
    ready: () => readiness().ready,
  }
}

/** The connectors of a cluster are in its config topic, and REST is the way to it. */
function noDeclarations({ connectorFiles: files }: WorkerOptions): readonly ConnectorDeclaration[] {
  const [first] = files
  if (first === undefined) return []
  throw new ConfigError(
    `${first}: a worker of a cluster (group.id is set) starts no files of connectors. Send the declaration to any worker: POST /connectors.`,
  )
}

async function readDeclarations(options: WorkerOptions, log: Logger): Promise<readonly ConnectorDeclaration[]> {
  let files = options.connectorFiles
  if (files.length === 0) {
    const dir = resolve(packageRoot, 'connectors')
    files = await connectorFiles(dir)
    log.info({ dir, files: files.length }, 'no connector file was named, so those of the folder are started')
  }
  return Promise.all(files.map(readConnectorFile))
}
