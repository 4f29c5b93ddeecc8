import { type ConfigDef, type ConfigKey, defineConfig, type Props } from '#api'
import type { Plugins } from '../plugins/index.ts'
import { withPrefix } from './connector-config.ts'
import { classesOf, namedPlugin } from './plugin-named.ts'
import { type ValidatedKey, validateKeys } from './validated-key.ts'

const sides = ['header', 'key', 'value'] as const
type Side = (typeof sides)[number]

const kindOf = (side: Side) => (side === 'header' ? 'header_converter' : 'converter')
const headerDefault = 'org.apache.kafka.connect.storage.SimpleHeaderConverter'

/** The framework's keys with the worker's converters as defaults, the versions that are there, and the values to choose from. */
export function converterDefaults(framework: ConfigDef, props: Props, workerProps: Props, plugins: Plugins): ConfigDef {
  const keys: Record<string, ConfigKey> = { ...framework.keys }
  const version = keys['connector.plugin.version']
  if (version) {
    keys['connector.plugin.version'] = { ...version, recommended: () => present(version.default) }
  }
  for (const side of sides) {
    const option = `${side}.converter`
    const inherited = workerProps[option] ?? (side === 'header' ? headerDefault : null)
    const chosen = props[option] ?? inherited
    const named = chosen ? namedPlugin(kindOf(side), option, chosen, plugins) : undefined
    const found = named && named.error === undefined ? named.plugin.version : null
    const [converter, wanted] = [keys[option], keys[`${option}.plugin.version`]]
    if (!converter || !wanted) continue
    keys[option] = { ...converter, default: inherited, recommended: () => classesOf(kindOf(side), plugins) }
    keys[`${option}.plugin.version`] = {
      ...wanted,
      default: found,
      recommended: () => present(found),
      visible: () => found !== null || (named?.error !== undefined && named.isOther),
    }
  }
  return defineConfig(keys)
}

/** The keys of the converters that the connector names itself; a name that nothing answers to is a complaint. */
export function validateConverters(
  keys: readonly ValidatedKey[],
  props: Props,
  plugins: Plugins,
  complain: (name: string, error: string, value?: null) => void,
): readonly ValidatedKey[] {
  return sides.flatMap((side) => {
    const option = `${side}.converter`
    const name = props[option]
    if (name === null || name === undefined) return []
    const named = namedPlugin(kindOf(side), option, name, plugins)
    if (named.error !== undefined) {
      complain(option, named.error, named.isOther ? undefined : null)
      return []
    }
    const isWrong = [option, `${option}.plugin.version`].some((each) =>
      keys.some((key) => key.name === each && key.errors.length > 0),
    )
    if (isWrong) return []
    const own = { 'converter.type': side, ...named.preset, ...withPrefix(props, `${option}.`) }
    const prefixed = Object.fromEntries(Object.entries(own).map(([key, value]) => [`${option}.${key}`, value]))
    return validateKeys(named.config, prefixed, `${option}.`).map((key) => ({ ...key, countedOnce: true }))
  })
}

const present = (version: unknown): readonly string[] => (typeof version === 'string' ? [version] : [])
