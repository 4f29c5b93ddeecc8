import { resolve } from 'node:path'
import type { Logger } from '#api'
import { ConfigError, messageOf } from '#api'
import {
  type ConnectorDeclaration,
  clientPropsOf,
  connectorFiles,
  createConfigResolver,
  type GatewaySettings,
  loadWorkerConfig,
  readConnectorFile,
  type WorkerConfig,
} from '../config/index.ts'
import { type Gateway, startGateway } from '../gateway/index.ts'
import { createStandaloneHerder, type Herder } from '../herder/index.ts'
import { createKafkaClient } from '../kafka/index.ts'
import { startRest } from '../rest/index.ts'
import { previewDeclaration } from '../runtime/index.ts'
import { openFileOffsetStore } from '../storage/index.ts'
import { createLogging, type Logging } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { systemClock } from '../util/clock.ts'
import { type Closers, createClosers } from '../util/closers.ts'
import { descriptorLimit } from './descriptor-limit.ts'
import { findPlugins } from './find-plugins.ts'
import { connectVersion, packageRoot, packageVersion } from './package-info.ts'
import { positionKeys } from './position-keys.ts'
import { restOptions } from './rest-options.ts'
import { scrape } from './scrape.ts'

export interface WorkerOptions {
  /** Java properties or JSON. */
  readonly file?: string | undefined
  /** Connector declarations to start; none: those directly in `connectors/`. */
  readonly connectorFiles: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** By dotted name; they win over all else. */
  readonly flags: Readonly<Record<string, string>>
  readonly log?: Logger
}

export interface Worker {
  readonly restUrl: string
  /** Absent when the gateway is not enabled. */
  readonly gatewayUrl?: string | undefined
  readonly herder: Herder
  /** Whether clients are let in: every sink has caught up. */
  ready(): boolean
  /** Drains the clients, flushes, commits and leaves; idempotent. */
  stop(): Promise<void>
}

/** Starts a standalone worker: gateway, REST API and the connectors of its files. Rejects with what is wrong, and then nothing is left running. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const config = await loadWorkerConfig(options)
  const own = createLogging(config.settings.log.level)
  const logging = options.log ? { ...own, log: options.log } : own
  for (const warning of config.warnings) logging.log.warn({}, warning)
  const closers = createClosers(logging.log)
  try {
    return await start(options, config, logging, closers)
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}

async function start(
  options: WorkerOptions,
  config: WorkerConfig,
  logging: Logging,
  closers: Closers,
): Promise<Worker> {
  const { log, levels } = logging
  const clock = systemClock
  const declarations = await readDeclarations(options, log)
  const { props, config: worker, settings } = config
  const { plugins, warnings } = await findPlugins(worker['plugin.path'], declarations, options.file)
  for (const warning of warnings) log.warn({}, warning)
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
  const offsetsFile = resolve(worker['offset.storage.file.filename'] ?? 'connect.offsets')
  const offsets = await openFileOffsetStore(offsetsFile)
  closers.add('offsets', () => offsets.close())
  const metrics = createMetrics({
    now: () => clock.now(),
    windowMs: worker['metrics.sample.window.ms'],
    samples: worker['metrics.num.samples'],
    version: packageVersion,
  })
  let started = false
  const gateway = settings.gateway.enabled
    ? await startGate(settings.gateway, offsetsFile, log, () => started)
    : undefined

  let workerId = ''
  const herder = createStandaloneHerder({
    deps: {
      kafka,
      plugins,
      offsets,
      log,
      clock,
      gateway: gateway?.port,
      workerProps: props,
      settings: worker,
      metrics: metrics.runtime,
      resolver,
    },
    settings: worker,
    levels,
    preview: previewDeclaration,
    workerId: () => workerId,
    version: connectVersion,
    commit: `tidegate-${packageVersion}`,
  })
  closers.add('connectors', () => herder.stop())
  // Clients are told and their publications answered while the connectors still run.
  if (gateway) closers.add('gateway', () => gateway.stop())
  const restLog = log.child({ logger: 'tidegate.rest' })
  const rest = await startRest({
    ...(await restOptions(config.rest, props, restLog)),
    herder,
    metrics: { contentType: metrics.contentType, text: () => metrics.text(scrape(herder, gateway)) },
    ready: () => started,
    log: restLog,
  })
  closers.add('rest', () => rest.stop())
  workerId = hostAndPort(rest.url)

  for (const { name, config: declared, initialState, file } of declarations) {
    try {
      await herder.putConnector(name, declared, { replace: false, initialState })
    } catch (error) {
      throw new ConfigError(`${file}: ${messageOf(error)}`, { cause: error, context: { file } })
    }
  }
  started = true
  log.info({ rest: rest.url, gateway: gateway?.address.url, connectors: declarations.length }, 'worker started')
  return {
    restUrl: rest.url,
    gatewayUrl: gateway?.address.url,
    herder,
    ready: () => started && (gateway?.isReady() ?? true),
    stop: closers.closeAll,
  }
}

/** With the port always, as Kafka Connect names workers. */
function hostAndPort(url: string): string {
  const { hostname, port, protocol } = new URL(url)
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
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

async function startGate(
  settings: GatewaySettings,
  offsetsFile: string,
  log: Logger,
  started: () => boolean,
): Promise<Gateway> {
  const keys = await positionKeys(settings.position.keys, offsetsFile)
  const descriptors = await descriptorLimit()
  const sessions = settings.limits.sessions || (descriptors === undefined ? 0 : Math.max(1, descriptors - 256))
  return startGateway({
    settings: { ...settings, position: { ...settings.position, keys }, limits: { ...settings.limits, sessions } },
    log,
    clock: systemClock,
    started,
  })
}
