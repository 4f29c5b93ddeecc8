import type {
  ConverterPlugin,
  Plugin,
  PluginKind,
  PredicatePlugin,
  SinkConnector,
  SourceConnector,
  TransformationPlugin,
} from '#api'
import { createNames } from './names.ts'
import { notFound } from './not-found.ts'

/** What a name of each kind stands for. `connector` is a source or a sink. */
export interface PluginTypes {
  connector: SourceConnector | SinkConnector
  source: SourceConnector
  sink: SinkConnector
  converter: ConverterPlugin
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
}

export interface Plugins {
  /**
   * The plugin that a configuration names: by its name, a Java class name, its simple form, or (third-party ones) the module that it came from.
   * Throws `ConfigError` in Kafka Connect's words with the nearest name.
   */
  find<K extends keyof PluginTypes>(kind: K, name: string): FoundPlugin<PluginTypes[K]>
  /** The plugin of any kind under a name, as `/connector-plugins/{name}` asks; undefined when there is none. */
  any(name: string): FoundPlugin<Plugin> | undefined
  /** Sinks, sources, and unless `connectorsOnly` transformations, predicates and converters, in Kafka Connect's order. */
  list(connectorsOnly: boolean): readonly ListedPlugin[]
}

/** Plugins of one origin; `module` is where third-party ones came from, and names them too. */
export interface PluginList {
  readonly plugins: readonly Plugin[]
  readonly module?: string
}

const order: readonly PluginKind[] = ['sink', 'source', 'transformation', 'predicate', 'converter']

/** Makes the registry of a worker, once at start. Throws `ConfigError` when two plugins of one kind have one name. */
export function createPlugins(lists: readonly (readonly Plugin[] | PluginList)[]): Plugins {
  const sources = lists.map((list): PluginList => ('plugins' in list ? list : { plugins: list }))
  const names = createNames(sources)
  const listed = [...names.plugins].toSorted(
    (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || (a.name < b.name ? -1 : 1),
  )
  return {
    find<K extends keyof PluginTypes>(kind: K, name: string) {
      const kinds = kind === 'connector' ? (['source', 'sink'] as const) : ([kind] as readonly PluginKind[])
      for (const candidate of kinds) {
        const found = names.lookUp(candidate, name)
        // What `names` holds under a kind is a plugin of that kind.
        if (found) return found as unknown as FoundPlugin<PluginTypes[K]>
      }
      throw notFound(
        kind,
        name,
        kinds.flatMap((candidate) => names.namesOf(candidate)),
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
        .filter(({ kind }) => !connectorsOnly || kind === 'sink' || kind === 'source')
        .map((plugin) => ({ class: plugin.name, type: plugin.kind, version: plugin.version })),
  }
}
