import { dirname, resolve } from 'node:path'
import type { Logger } from '#api'
import { ConfigError, messageOf } from '#api'
import {
  type ConnectorDeclaration,
  connectorFiles,
  type GatewaySettings,
  loadWorkerConfig,
  readConnectorFile,
  type WorkerConfig,
} from '../config/index.ts'
import { connectors } from '../connectors/index.ts'
import { converters } from '../converters/index.ts'
import { type Gateway, startGateway } from '../gateway/index.ts'
import { createStandaloneHerder, type Herder } from '../herder/index.ts'
import { createKafkaClient } from '../kafka/index.ts'
import { createPlugins, isModuleName, loadPlugins, type Plugins } from '../plugins/index.ts'
import { startRest } from '../rest/index.ts'
import { openFileOffsetStore } from '../storage/index.ts'
import { createLogger } from '../telemetry/logger.ts'
import { predicates, transformations } from '../transforms/index.ts'
import { systemClock } from '../util/clock.ts'
import { type Closers, createClosers } from '../util/closers.ts'
import { descriptorLimit } from './descriptor-limit.ts'
import { packageRoot, packageVersion } from './package-info.ts'
import { positionKeys } from './position-keys.ts'

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
  const log = options.log ?? createLogger(config.settings.log.level)
  for (const warning of config.warnings) log.warn({}, warning)
  const closers = createClosers(log)
  try {
    return await start(options, config, log, closers)
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}

async function start(options: WorkerOptions, config: WorkerConfig, log: Logger, closers: Closers): Promise<Worker> {
  const declarations = await readDeclarations(options, log)
  const { props, config: worker, settings } = config
  const plugins = await findPlugins(worker['plugin.path'], declarations, options.file, log)
  const kafka = createKafkaClient({
    bootstrapServers: worker['bootstrap.servers'],
    clientId: worker['client.id'] || 'tidegate',
    log,
    clock: systemClock,
  })
  closers.add('kafka', () => kafka.close())
  const offsetsFile = resolve(worker['offset.storage.file.filename'])
  const offsets = await openFileOffsetStore(offsetsFile)
  closers.add('offsets', () => offsets.close())
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
      clock: systemClock,
      gateway: gateway?.port,
      workerProps: props,
      settings: worker,
    },
    workerId: () => workerId,
    version: packageVersion,
    commit: 'unknown',
  })
  closers.add('connectors', () => herder.stop())
  // Clients are told and their publications answered while the connectors still run.
  if (gateway) closers.add('gateway', () => gateway.stop())
  const { host, port } = settings.rest
  const rest = await startRest({ herder, listeners: [{ protocol: 'http', host, port }], log, ready: () => started })
  closers.add('rest', () => rest.stop())
  workerId = new URL(rest.url).host

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

async function readDeclarations(options: WorkerOptions, log: Logger): Promise<readonly ConnectorDeclaration[]> {
  let files = options.connectorFiles
  if (files.length === 0) {
    const dir = resolve(packageRoot, 'connectors')
    files = await connectorFiles(dir)
    log.info({ dir, files: files.length }, 'no connector file was named, so those of the folder are started')
  }
  return Promise.all(files.map(readConnectorFile))
}

/** The built-in plugins, those of `plugin.path`, and modules that a declaration names in `connector.class`. */
async function findPlugins(
  path: readonly string[],
  declarations: readonly ConnectorDeclaration[],
  file: string | undefined,
  log: Logger,
): Promise<Plugins> {
  const builtIn = [connectors, converters, transformations, predicates]
  const modules = declarations.map(({ config }) => config['connector.class'] ?? '').filter(isModuleName)
  const { lists, warnings } = await loadPlugins([...path, ...modules], dirname(resolve(file ?? 'worker')))
  for (const warning of warnings) log.warn({}, warning)
  return createPlugins([...builtIn, ...lists])
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
