import type {
  ConverterPlugin,
  HeaderConverterPlugin,
  NpmPackage,
  Plugin,
  PluginKind,
  PredicatePlugin,
  SinkConnector,
  SourceConnector,
  TransformationPlugin,
} from '#api'
import { createNames } from './names.ts'
import { notFound } from './not-found.ts'
import { type PackageState, packageState } from './packages.ts'

/** What a name of each kind stands for. `connector` is a source or a sink. */
export interface PluginTypes {
  connector: SourceConnector | SinkConnector
  source: SourceConnector
  sink: SinkConnector
  converter: ConverterPlugin
  /** A converter too, where it is one for headers (`forHeaders`). */
  header_converter: HeaderConverterPlugin | ConverterPlugin
  transformation: TransformationPlugin
  predicate: PredicatePlugin
}

export interface FoundPlugin<P> {
  readonly plugin: P
  /** Options that the name itself sets, under those of the user: `{ on: 'key' }` for `ExtractField$Key`. */
  readonly preset: Readonly<Record<string, string>>
}

/** As `GET /connector-plugins` shows it. */
interface ListedPlugin {
  readonly class: string
  readonly type: PluginKind
  readonly version: string
  /** Of a connector with a package that its user installs. */
  readonly package?: PackageState
}

export interface Plugins {
  /**
   * The plugin that a configuration names: by its name, a Java class name, its simple form, or (third-party ones) the module that it came from.
   * Throws `ConfigError` in Kafka Connect's words with the nearest name.
   */
  find<K extends keyof PluginTypes>(kind: K, name: string): FoundPlugin<PluginTypes[K]>
  /** The plugin of any kind under a name, as `/connector-plugins/{name}` asks; undefined when there is none. */
  any(name: string): FoundPlugin<Plugin> | undefined
  /** Sinks, sources, and unless `connectorsOnly` transformations, predicates, converters and header converters, in Kafka Connect's order. */
  list(connectorsOnly: boolean): readonly ListedPlugin[]
}

/** Plugins of one origin; `module` is where third-party ones came from, and names them too. */
export interface PluginList {
  readonly plugins: readonly Plugin[]
  readonly module?: string
}

const order: readonly PluginKind[] = ['sink', 'source', 'transformation', 'predicate', 'converter', 'header_converter']

/** Makes the registry of a worker, once at start. Throws `ConfigError` when two plugins of one kind have one name. */
export function createPlugins(lists: readonly (readonly Plugin[] | PluginList)[]): Plugins {
  const sources = lists.map((list): PluginList => ('plugins' in list ? list : { plugins: list }))
  const names = createNames(sources)
  const listed = [...names.plugins]
    .flatMap((plugin) => {
      const { version } = plugin
      const needs = packageOf(plugin)
      const kinds: readonly PluginKind[] = isForHeaders(plugin) ? [plugin.kind, 'header_converter'] : [plugin.kind]
      return classesOf(plugin).flatMap((name) =>
        kinds.map((type) => ({ entry: { class: name, type, version } satisfies ListedPlugin, needs })),
      )
    })
    .toSorted(
      ({ entry: a }, { entry: b }) => order.indexOf(a.type) - order.indexOf(b.type) || (a.class < b.class ? -1 : 1),
    )
  const lookUp = (kind: PluginKind, name: string): FoundPlugin<Plugin> | undefined => {
    const found = names.lookUp(kind, name)
    if (found || kind !== 'header_converter') return found
    const converter = names.lookUp('converter', name)
    return converter && isForHeaders(converter.plugin) ? converter : undefined
  }
  return {
    find<K extends keyof PluginTypes>(kind: K, name: string) {
      const kinds = kind === 'connector' ? (['source', 'sink'] as const) : ([kind] as readonly PluginKind[])
      for (const candidate of kinds) {
        const found = lookUp(candidate, name)
        // What `names` holds under a kind is a plugin of that kind.
        if (found) return found as unknown as FoundPlugin<PluginTypes[K]>
      }
      throw notFound(
        kind,
        name,
        [...names.plugins]
          .filter((plugin) => kinds.includes(plugin.kind) || (kind === 'header_converter' && isForHeaders(plugin)))
          .map((plugin) => plugin.name)
          .toSorted(),
      )
    },
    any(name) {
      for (const kind of order) {
        const found = names.lookUp(kind, name)
        if (found) return found
      }
      return undefined
    },
    list: (connectorsOnly) =>
      listed
        .filter(({ entry: { type } }) => !connectorsOnly || type === 'sink' || type === 'source')
        .map(({ entry, needs }) => (needs ? { ...entry, package: packageState(needs) } : entry)),
  }
}

const packageOf = (plugin: Plugin): NpmPackage | undefined =>
  plugin.kind === 'sink' || plugin.kind === 'source' ? (plugin as SinkConnector | SourceConnector).package : undefined

const isForHeaders = (plugin: Plugin): boolean =>
  plugin.kind === 'converter' && 'forHeaders' in plugin && plugin.forHeaders === true

/** What Kafka Connect ships goes by its names there, one for the key and one for the value, so that tools know it again. */
function classesOf(plugin: Plugin): readonly string[] {
  const java = plugin.aliases?.find((alias) => alias.startsWith('org.apache.kafka.'))
  if (java === undefined) return [plugin.name]
  return 'sided' in plugin && plugin.sided === true ? [`${java}$Key`, `${java}$Value`] : [java]
}
