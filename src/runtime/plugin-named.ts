import { type ConfigDef, ConfigError, type Plugin, type Props } from '#api'
import type { Plugins } from '../plugins/index.ts'

export type NamedKind = 'converter' | 'header_converter' | 'transformation' | 'predicate'

const interfaces: Readonly<Record<NamedKind, string>> = {
  converter: 'Converter',
  header_converter: 'HeaderConverter',
  transformation: 'Transformation',
  predicate: 'Predicate',
}

export type Named =
  | { readonly plugin: Plugin; readonly config: ConfigDef; readonly preset: Props; readonly error?: never }
  | { readonly error: string /** There is a plugin of this name, of another kind. */; readonly isOther: boolean }

/** The plugin that a property names, or what Kafka Connect says when nothing of the kind has the name, and which was probably meant. */
export function namedPlugin(kind: NamedKind, property: string, name: string, plugins: Plugins): Named {
  try {
    const { plugin, preset } = plugins.find(kind, name.trim())
    return { plugin, config: plugin.config, preset }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const { nearest } = error.context
    const other = plugins.any(name.trim())
    const problem = other
      ? `Class ${name} does not implement the ${interfaces[kind]} interface`
      : `Class ${name} could not be found.`
    const meant = typeof nearest === 'string' ? ` Did you mean ${nearest}?` : ''
    return {
      error: `Invalid value ${name} for configuration ${property}: ${problem}${meant}`,
      isOther: other !== undefined,
    }
  }
}

/** The class names of a kind, sorted, to offer a person. */
export const classesOf = (kind: NamedKind, plugins: Plugins): readonly string[] =>
  [...new Set(plugins.list(false).flatMap((listed) => (listed.type === kind ? listed.class : [])))].toSorted()
