import { type ConfigDef, type ConfigKey, defineConfig, type Props, splitList } from '#api'
import type { Plugins } from '../plugins/index.ts'
import { nearest } from '../util/nearest.ts'
import { maxAliases } from './aliases.ts'
import { predicateKeys, transformKeys, withPrefix } from './connector-config.ts'
import { classesOf, namedPlugin } from './plugin-named.ts'
import { listOf } from './transform-chain.ts'
import { type ValidatedKey, validateEmbedded, validateKeys } from './validated-key.ts'
import { versionComplaint } from './validation-versions.ts'

const options = {
  transforms: { kind: 'transformation', noun: 'Transformation', title: 'Transforms', def: transformKeys },
  predicates: { kind: 'predicate', noun: 'Predicate', title: 'Predicates', def: predicateKeys },
} as const

/** The keys that follow `transforms.<alias>.` or `predicates.<alias>.`, for each alias: the framework's, then the plugin's. */
export function validateAliases(
  option: 'transforms' | 'predicates',
  props: Props,
  plugins: Plugins,
): readonly ValidatedKey[] {
  const aliases = splitList(props[option] ?? '')
  return [...new Set(aliases)].slice(0, maxAliases).flatMap((alias) => validateAlias(option, alias, props, plugins))
}

function validateAlias(
  option: 'transforms' | 'predicates',
  alias: string,
  props: Props,
  plugins: Plugins,
): readonly ValidatedKey[] {
  const { kind, noun, title, def } = options[option]
  const prefix = `${option}.${alias}.`
  const group = `${title}: ${alias}`
  const name = props[`${prefix}type`]
  const named = typeof name === 'string' ? namedPlugin(kind, `${prefix}type`, name, plugins) : undefined
  const version = named && named.error === undefined ? named.plugin.version : null
  const offered = version === null ? [] : [version]
  const own: Readonly<Record<string, ConfigKey>> = def.keys
  const { type, 'plugin.version': wanted, ...implicit } = own
  if (!type || !wanted) return []
  const heads = validateKeys(
    defineConfig({
      type: {
        ...type,
        group,
        order: 0,
        displayName: `${noun} type for ${alias}`,
        doc: `The class of the ${kind} "${alias}".`,
        recommended: () => classesOf(kind, plugins),
      },
      'plugin.version': {
        ...wanted,
        group,
        order: 1,
        default: version,
        displayName: `${noun} version for ${alias}`,
        recommended: () => offered,
      },
    }),
    props,
    prefix,
  )
  const missing = named ? complaintsOf(named, prefix, props) : []
  const [typeKey, versionKey] = heads
  if (!typeKey || !versionKey) return []
  const head: ValidatedKey[] = [
    {
      ...typeKey,
      value: named?.error === undefined || named.isOther ? typeKey.value : null,
      errors: [...typeKey.errors, ...missing],
    },
    versionKey,
  ]
  if (!named || named.error !== undefined) return head
  // What the name itself says (`$Key`) is no property, unless the declaration gives it.
  const hidden = Object.keys(named.preset).filter((key) => props[prefix + key] === undefined)
  const plugin = Object.entries<ConfigKey>(named.config.keys).filter(([key]) => !hidden.includes(key))
  const whole: ConfigDef = defineConfig({ ...Object.fromEntries(plugin), ...implicit })
  const preset = Object.fromEntries(Object.entries(named.preset).map(([key, value]) => [prefix + key, value]))
  const rest = validateEmbedded(whole, { ...preset, ...props }, prefix, group, 2)
  return [...head, ...rest.map((key) => withPredicate(key, `${prefix}predicate`, props))]
}

function complaintsOf(named: ReturnType<typeof namedPlugin>, prefix: string, props: Props): readonly string[] {
  if (named.error !== undefined) return [named.error]
  const version = versionComplaint(named.plugin, withPrefix(props, prefix)['plugin.version'])
  const isNegated = props[`${prefix}negate`] !== undefined && props[`${prefix}predicate`] === undefined
  const negated = `Config '${prefix}negate' was provided but there is no config '${prefix}predicate' defining a predicate to be negated.`
  return [...(version === undefined ? [] : [version]), ...(isNegated ? [negated] : [])]
}

/** Kafka Connect finds an unknown predicate only when the task starts. */
function withPredicate(key: ValidatedKey, name: string, props: Props): ValidatedKey {
  const given = props[name]?.trim()
  const known = listOf(props['predicates'])
  if (key.name !== name || !given || known.includes(given)) return key
  const meant = nearest(given, known)
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`
  const listed = known.length === 0 ? 'it lists none' : `it lists ${known.join(', ')}`
  const error = `Invalid value ${given} for configuration ${name}: "predicates" does not list it; ${listed}.${hint}`
  return { ...key, errors: [...key.errors, error] }
}
