import { ConfigError } from '#api'
import { loadSettings } from './load-settings.ts'
import { readConfigFile } from './read-file.ts'
import { resolveWorker } from './resolve-worker.ts'
import { envName, settingKeys } from './setting-keys.ts'
import type { Settings } from './settings.ts'
import { sortProperties } from './sort-properties.ts'
import type { WorkerConfigSources } from './worker-config.ts'

export interface GateConfig {
  readonly settings: Settings
  /** Sentences for the log. */
  readonly warnings: readonly string[]
}

/** What only workers use. */
const ofWorkers = /^(?:rest\.|gateway\.(?:enabled$|revocations\.|link\.(?:cert|key|ca)$))/

/** Reads the configuration of `tidegate gate`: settings only, since a gate has no Kafka. Throws `ConfigError`. */
export async function loadGateConfig({ file, env, flags }: WorkerConfigSources): Promise<GateConfig> {
  const content = file === undefined ? {} : await readConfigFile(file)
  const written = {
    file: sortProperties(content, file ?? 'the defaults', false),
    flags: sortProperties(flags, 'the command line', false),
  }
  const { fromFile, fromFlags } = await resolveWorker(written, env)
  const settings = loadSettings(fromFile.settings, env, fromFlags.settings)
  const props = Object.keys({ ...fromFile.props, ...fromFlags.props }).filter(
    (name) => !name.startsWith('config.providers'),
  )
  const errors: string[] = []
  // Credentials of Kafka that lie about on a gate are what a gate is meant to do without.
  if (props.length > 0)
    errors.push(`${props.join(', ')}: a gate has nothing of Kafka's; remove them from ${file ?? 'the command line'}.`)
  if (settings.gateway.position.keys.length === 0)
    errors.push(
      'gateway.position.keys: a gate needs the same keys as its workers and all other gates, so that clients resume at any of them.',
    )
  if (settings.gateway.link.gates.length > 0)
    errors.push('gateway.link.gates: workers link themselves to gates, and a gate to nobody: remove it here.')
  if (errors.length > 0)
    throw new ConfigError(
      [`The configuration ${file === undefined ? '' : `in ${file} `}cannot be used:`, ...errors].join('\n'),
      {
        context: { errors, file },
      },
    )
  const given = { ...fromFile.settings, ...fromFlags.settings }
  const idle = Object.keys(settingKeys).filter(
    (name) => ofWorkers.test(name) && (Object.hasOwn(given, name) || env[envName(name)] !== undefined),
  )
  const warnings = [...fromFile.warnings, ...fromFlags.warnings]
  if (idle.length > 0) warnings.push(`${idle.join(', ')}: only workers use this, and it changes nothing on a gate.`)
  return { settings, warnings }
}
