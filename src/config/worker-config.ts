import { ConfigError, type ConfigOf, ConnectError, messageOf, type Props } from '#api'
import { nearest } from '../util/nearest.ts'
import { loadSettings } from './load-settings.ts'
import { readConfigFile } from './read-file.ts'
import { resolveWorker } from './resolve-worker.ts'
import { type RestSettings, readRestSettings } from './rest-settings.ts'
import { envName, settingKeys } from './setting-keys.ts'
import type { Settings } from './settings.ts'
import { type SortedProperties, sortProperties } from './sort-properties.ts'
import { workerClientConfig } from './worker-client-keys.ts'
import {
  advertisedNote,
  type DistributedConfig,
  isDistributed,
  offsetsFile,
  readDistributed,
} from './worker-distributed.ts'
import { workerConfig } from './worker-keys.ts'

export interface WorkerConfig {
  /** Kafka Connect's worker properties; prefixes such as `value.converter.` included, placeholders of config providers filled in. */
  readonly props: Props
  /** The same, parsed and with defaults. */
  readonly config: ConfigOf<typeof workerConfig>
  /** Of a worker that is one of a cluster; undefined in standalone mode. */
  readonly distributed: DistributedConfig | undefined
  readonly settings: Settings
  readonly rest: RestSettings
  /** Sentences for the log: unknown properties, and those without effect. */
  readonly warnings: readonly string[]
}

export interface WorkerConfigSources {
  /** Java properties or JSON. */
  readonly file?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** By dotted name: settings and worker properties alike. They win over all else. */
  readonly flags: Readonly<Record<string, string>>
}

/** Reads the configuration of a worker. Throws one `ConfigError` that names all that is wrong (`context.errors`). */
export async function loadWorkerConfig({ file, env, flags }: WorkerConfigSources): Promise<WorkerConfig> {
  const content = file === undefined ? {} : await readConfigFile(file)
  const isOfCluster = isDistributed(content) || isDistributed(flags)
  const written = {
    file: sortProperties(content, file ?? 'the defaults', isOfCluster),
    flags: sortProperties(flags, 'the command line', isOfCluster),
  }
  const { fromFile, fromFlags } = await resolveWorker(written, env)
  const listeners = listenersOf(fromFile.props, fromFlags, env)
  const { listeners: _, ...unlistened } = fromFile.props
  const props = { ...(listeners.moved ? unlistened : fromFile.props), ...fromFlags.props }

  const errors: string[] = [...listeners.errors]
  const collect = <T>(step: () => T): T | undefined => {
    try {
      return step()
    } catch (error) {
      errors.push(...errorsOf(error))
      return undefined
    }
  }
  const config = collect(() => workerConfig.parse(props))
  const distributed = isOfCluster ? collect(() => readDistributed(props)) : undefined
  if (!isOfCluster && props[offsetsFile] === undefined)
    errors.push(`Missing required configuration "${offsetsFile}" which has no default value.`)
  collect(() => workerClientConfig.parse(props))
  const loaded = collect(() => loadSettings(fromFile.settings, env, fromFlags.settings))
  if (isOfCluster && loaded?.gateway.enabled && loaded.gateway.position.keys.length === 0) errors.push(keysNeeded)
  const rest = collect(() => readRestSettings(props, loaded?.rest ?? { host: '127.0.0.1', port: 0 }))
  const [first] = rest?.listeners ?? []
  const settings = loaded && first && { ...loaded, rest: { host: first.host, port: first.port } }
  const note = isOfCluster && rest ? advertisedNote(rest) : undefined
  const warnings = [
    ...listeners.warnings,
    ...fromFile.warnings,
    ...fromFlags.warnings,
    ...environmentWarnings(env),
    ...(note === undefined ? [] : [note]),
  ]
  if (!config || !settings || !rest || errors.length > 0) {
    const where = file === undefined ? 'The configuration' : `The configuration in ${file}`
    // A misspelt name is often why another one is missing.
    throw new ConfigError([`${where} cannot be used:`, ...errors, ...warnings].join('\n'), {
      context: { errors, warnings, file },
    })
  }
  return { props, config, distributed, settings, rest, warnings }
}

const keysNeeded =
  'gateway.position.keys: in distributed mode all workers need the same keys, so that clients resume at any of them: set it to what `openssl rand -base64 32` prints, the same in each file, or set gateway.enabled=false.'

const restKeys = ['rest.host', 'rest.port'] as const

/** A port that was asked for by flag or environment is meant, whatever the file listens on; but never without the TLS that the file asks for. */
function listenersOf(file: Props, flags: SortedProperties, env: WorkerConfigSources['env']) {
  const by = restKeys.flatMap((key) => {
    if (Object.hasOwn(flags.settings, key)) return [key]
    return env[envName(key)] === undefined ? [] : [envName(key)]
  })
  const [given, moved] = [file['listeners'] ?? '', by.length > 0]
  if (!moved || given.trim() === '' || flags.props['listeners'] !== undefined)
    return { moved, errors: [], warnings: [] }
  const names = by.join(' and ')
  return /https:/i.test(given)
    ? {
        moved,
        errors: [
          `${names} would replace the file's listeners=${given} by http: set listeners instead, or remove ${names}.`,
        ],
        warnings: [],
      }
    : { moved, errors: [], warnings: [`${names} replaces the file's listeners=${given}.`] }
}

const errorsOf = (error: unknown): readonly string[] =>
  ConnectError.is(error) && Array.isArray(error.context['errors'])
    ? (error.context['errors'] as readonly string[])
    : [messageOf(error)]

/** A misspelt variable would do nothing in silence. */
function environmentWarnings(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const known = Object.keys(settingKeys).map(envName)
  return Object.keys(env)
    .filter((name) => /^TIDEGATE_(?:LOG|REST|GATEWAY)_/.test(name) && !known.includes(name))
    .map((name) => {
      const meant = nearest(name, known)
      return `The environment variable ${name} is unknown${meant === undefined ? '.' : `; did you mean ${meant}?`}`
    })
}
