import { ConfigError, messageOf } from '#api'
import { convictWithFormats, parseOrSame } from './formats.ts'
import { toNamespaces } from './namespaces.ts'
import { envName, settingKeys } from './setting-keys.ts'
import type { Settings } from './settings.ts'

/** Values by the setting's dotted name; text is read as the setting's type. */
export type SettingValues = Readonly<Record<string, unknown>>

/**
 * Joins defaults, file, environment and flags, the later ones over the earlier, and checks all.
 * Throws one `ConfigError` naming every setting that is wrong; secrets are not shown.
 */
export function loadSettings(
  file: SettingValues,
  env: Readonly<Record<string, string | undefined>>,
  flags: SettingValues,
): Settings {
  const config = convictWithFormats<object>(nested() as object, { env: { ...env }, args: [] })
  for (const [name, value] of Object.entries(file)) config.set(name as never, held(name, value))
  // Loading nothing has convict read the environment once more, over the file.
  config.load({})
  for (const [name, value] of Object.entries(flags)) config.set(name as never, held(name, value))
  try {
    config.validate({ allowed: 'strict' })
  } catch (error) {
    const errors = messageOf(error)
      .split('\n')
      .map((line) => (line.startsWith('gateway.namespaces') ? line.replace(/: value was ".*$/, '') : line))
    throw new ConfigError(errors.join('\n'), { context: { errors } })
  }
  const settings = config.getProperties() as Settings
  const { gateway } = settings
  const namespaces = parseOrSame(gateway.namespaces) as Readonly<Record<string, unknown>>
  const claims = parseOrSame(gateway.tls.claims) as Readonly<Record<string, unknown>>
  return {
    ...settings,
    gateway: { ...gateway, namespaces: toNamespaces(namespaces), tls: { ...gateway.tls, claims } },
  }
}

const asText: ReadonlySet<string> = new Set(['gateway.namespaces', 'gateway.tls.claims'])

/** Objects are handed to convict as text, or it would look for settings inside. */
const held = (name: string, value: unknown): never =>
  (asText.has(name) && typeof value === 'object' ? JSON.stringify(value) : value) as never

function nested(): unknown {
  const root: Record<string, unknown> = {}
  for (const [name, key] of Object.entries(settingKeys)) {
    const path = name.split('.')
    const last = path.pop() ?? name
    let node = root
    for (const segment of path) node = (node[segment] ??= {}) as Record<string, unknown>
    node[last] = { ...key, env: envName(name) }
  }
  return root
}
