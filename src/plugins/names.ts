import { ConfigError, type Plugin, type PluginKind } from '#api'
import type { FoundPlugin, PluginList } from './plugins.ts'

export interface Names {
  readonly plugins: ReadonlySet<Plugin>
  lookUp(kind: PluginKind, name: string): FoundPlugin<Plugin> | undefined
}

/** What Kafka Connect lets a user leave out at the end of a class name. */
const suffixes: Partial<Record<PluginKind, string>> = {
  source: 'Connector',
  sink: 'Connector',
  converter: 'Converter',
  header_converter: 'Converter',
}
const noPreset = {}

/** Indexes all names under which plugins answer. Full names come first; a short form that two plugins share is none. */
export function createNames(lists: readonly PluginList[]): Names {
  const plugins = new Set<Plugin>()
  const full = new Map<string, Plugin>()
  const short = new Map<string, Plugin | 'ambiguous'>()

  const addFull = (plugin: Plugin, name: string): void => {
    const other = full.get(keyOf(plugin.kind, name))
    if (other && other !== plugin) {
      throw new ConfigError(
        `Two plugins of type ${plugin.kind} answer to the name ${name}: ${other.name} and ${plugin.name}.`,
      )
    }
    full.set(keyOf(plugin.kind, name), plugin)
  }
  const addShort = (plugin: Plugin, name: string): void => {
    const key = keyOf(plugin.kind, name)
    const other = short.get(key)
    short.set(key, other === undefined || other === plugin ? plugin : 'ambiguous')
  }

  for (const { plugins: listed, module } of lists) {
    for (const plugin of listed) {
      plugins.add(plugin)
      const names = [plugin.name, ...(plugin.aliases ?? [])]
      for (const name of names) addFull(plugin, name)
      for (const name of names.flatMap((given) => shortForms(plugin.kind, given))) addShort(plugin, name)
      if (module !== undefined) addShort(plugin, module)
    }
  }

  const plain = (kind: PluginKind, name: string): Plugin | undefined => {
    const key = keyOf(kind, name)
    const shortened = short.get(key)
    return full.get(key) ?? (shortened === 'ambiguous' ? undefined : shortened)
  }

  return {
    plugins,
    lookUp(kind, name) {
      const plugin = plain(kind, name)
      if (plugin) return { plugin, preset: noPreset }
      const sided = /^(.+)\$(Key|Value)$/.exec(name)
      const base = sided?.[1] === undefined ? undefined : plain(kind, sided[1])
      if (!base || !('sided' in base) || base.sided !== true) return undefined
      return { plugin: base, preset: { on: sided?.[2] === 'Key' ? 'key' : 'value' } }
    },
  }
}

const keyOf = (kind: PluginKind, name: string): string => `${kind} ${name}`

/** The name without its package, and without `Connector` or `Converter` at its end. */
function shortForms(kind: PluginKind, name: string): readonly string[] {
  const simple = name.slice(name.lastIndexOf('.') + 1)
  const suffix = suffixes[kind]
  return suffix && simple.endsWith(suffix) && simple !== suffix ? [simple, simple.slice(0, -suffix.length)] : [simple]
}
