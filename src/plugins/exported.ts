import { ConfigError, type Plugin, type PluginKind } from '#api'

const kinds: readonly PluginKind[] = ['source', 'sink', 'converter', 'header_converter', 'transformation', 'predicate']

/** The plugins that a module exports by default, one or a list; throws `ConfigError` that names the module and what is wrong with it. */
export function readPlugins(specifier: string, module: object): readonly Plugin[] {
  const exported = defaultOf(defaultOf(module))
  const list: readonly unknown[] = Array.isArray(exported) ? exported : [exported]
  if (exported === undefined || list.length === 0) throw broken(specifier, 'it has no default export')
  return list.map((item, index) => {
    const complaint = complaintOf(item)
    if (complaint === undefined) return item as Plugin
    throw broken(specifier, `${list.length > 1 ? `item ${index} of ` : ''}its default export ${complaint}`)
  })
}

/** A CommonJS module made from an `export default` arrives with its exports as the default. */
function defaultOf(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value
  return 'default' in value ? value.default : 'kind' in value ? value : undefined
}

function complaintOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return 'is not a plugin'
  const { kind, name, version, config, create, startTask, package: needs } = item as Readonly<Record<string, unknown>>
  if (!kinds.includes(kind as PluginKind)) return `has no kind of ${kinds.join(', ')}`
  if (typeof name !== 'string' || name === '') return 'has no name'
  if (typeof version !== 'string') return `(${name}) has no version`
  const parses =
    typeof config === 'object' && config !== null && 'parse' in config && typeof config.parse === 'function'
  if (!parses) return `(${name}) has no configuration made by defineConfig`
  if (needs !== undefined && !isPackage(needs)) return `(${name}) has a package without a name and a version`
  const factory = kind === 'source' || kind === 'sink' ? 'startTask' : 'create'
  if (typeof (factory === 'create' ? create : startTask) !== 'function') return `(${name}) has no function ${factory}`
  return undefined
}

const isPackage = (needs: unknown): boolean =>
  typeof needs === 'object' &&
  needs !== null &&
  'name' in needs &&
  typeof needs.name === 'string' &&
  'version' in needs &&
  typeof needs.version === 'string'

const broken = (specifier: string, what: string): ConfigError =>
  new ConfigError(`The plugin module "${specifier}" cannot be used: ${what}.`, { context: { module: specifier } })
