import { ConfigError, type ConfigOf, ConnectError, messageOf, type Props } from '#api'
import { nearest } from '../util/nearest.ts'
import { chooseListener } from './listeners.ts'
import { loadSettings } from './load-settings.ts'
import { readConfigFile } from './read-file.ts'
import { envName, settingKeys } from './setting-keys.ts'
import type { Settings } from './settings.ts'
import { sortProperties } from './sort-properties.ts'
import { workerConfig } from './worker-keys.ts'

export interface WorkerConfig {
  /** Kafka Connect's worker properties as they were written; prefixes such as `value.converter.` included. */
  readonly props: Props
  /** The same, parsed and with defaults. */
  readonly config: ConfigOf<typeof workerConfig>
  readonly settings: Settings
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
  const fromFile = sortProperties(file === undefined ? {} : await readConfigFile(file), file ?? 'the defaults')
  const fromFlags = sortProperties(flags, 'the command line')
  const props = { ...fromFile.props, ...fromFlags.props }
  const fileListener = chooseListener(fromFile.props['listeners'])
  const flagListener = chooseListener(fromFlags.props['listeners'])

  const errors: string[] = [fileListener.error, flagListener.error].filter((error) => error !== undefined)
  const collect = <T>(step: () => T): T | undefined => {
    try {
      return step()
    } catch (error) {
      errors.push(...errorsOf(error))
      return undefined
    }
  }
  const config = collect(() => workerConfig.parse(props))
  const settings = collect(() =>
    loadSettings({ ...fromFile.settings, ...restOf(fileListener.listener) }, env, {
      ...restOf(flagListener.listener),
      ...fromFlags.settings,
    }),
  )
  const warnings = [
    ...fromFile.warnings,
    ...fromFlags.warnings,
    ...fileListener.warnings,
    ...flagListener.warnings,
    ...environmentWarnings(env),
  ]
  if (!config || !settings || errors.length > 0) {
    const where = file === undefined ? 'The configuration' : `The configuration in ${file}`
    // A misspelt name is often why another one is missing.
    throw new ConfigError([`${where} cannot be used:`, ...errors, ...warnings].join('\n'), {
      context: { errors, warnings, file },
    })
  }
  return { props, config, settings, warnings }
}

const restOf = (listener: { readonly host: string; readonly port: number } | undefined): Record<string, unknown> =>
  listener ? { 'rest.host': listener.host, 'rest.port': listener.port } : {}

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
