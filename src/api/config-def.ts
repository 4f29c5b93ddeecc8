import { checkValue, parseValue } from './config-parse.ts'
import { ConfigError } from './errors.ts'
import type { Password } from './password.ts'

/** Properties as the user wrote them: flat, every value a string. */
export type Props = Readonly<Record<string, string | null | undefined>>

interface TypeMap {
  boolean: boolean
  string: string
  int: number
  short: number
  long: number
  double: number
  list: readonly string[]
  class: string
  password: Password
}

export type ConfigType = keyof TypeMap
export type Importance = 'high' | 'medium' | 'low'

/** Returns what is wrong with the value, or nothing. */
export type Validator = (value: never) => string | undefined

export interface ConfigKey {
  readonly type: ConfigType
  readonly importance: Importance
  readonly doc: string
  /** A key without a default is required; `null` means that it may be absent. */
  readonly default?: unknown
  /** The only values allowed; they narrow the key's TypeScript type. */
  readonly values?: readonly string[]
  readonly validator?: Validator
  readonly group?: string
  readonly displayName?: string
  readonly width?: 'none' | 'short' | 'medium' | 'long'
  readonly dependents?: readonly string[]
  /** Values to offer a person, given the other properties. */
  readonly recommended?: (props: Props) => readonly string[]
}

export type ConfigKeys = Readonly<Record<string, ConfigKey>>

type Value<K extends ConfigKey> = K extends { readonly values: readonly (infer V)[] } ? V : TypeMap[K['type']]

/** The parsed configuration of a `ConfigDef`, under the very names the user writes. */
export type ConfigOf<D> =
  D extends ConfigDef<infer K>
    ? { readonly [N in keyof K]: K[N] extends { readonly default: null } ? Value<K[N]> | null : Value<K[N]> }
    : never

/** What a `validate` says of one key. */
export interface ConfigValue {
  readonly name: string
  /** The parsed value; undefined when it could not be parsed. */
  readonly value: unknown
  readonly recommendedValues: readonly string[]
  readonly errors: readonly string[]
}

export interface ConfigDef<K extends ConfigKeys = ConfigKeys> {
  readonly keys: K
  /** Checks every key and never throws. Keys that it does not define are not looked at. */
  validate(props: Props): ConfigValue[]
  /** Checks every key and throws one `ConfigError` naming all that is wrong. */
  parse(props: Props): ConfigOf<ConfigDef<K>>
}

/** Declares a configuration once; types, validation, REST answers and docs all derive from it. */
export function defineConfig<const K extends ConfigKeys>(keys: K): ConfigDef<K> {
  const validate = (props: Props): ConfigValue[] =>
    Object.entries<ConfigKey>(keys).map(([name, key]) => validateKey(name, key, props))
  return {
    keys,
    validate,
    parse(props) {
      const values = validate(props)
      const errors = values.flatMap((value) => value.errors)
      if (errors.length > 0) throw new ConfigError(errors.join('\n'), { context: { errors } })
      return Object.fromEntries(values.map(({ name, value }) => [name, value])) as ConfigOf<ConfigDef<K>>
    },
  }
}

function validateKey(name: string, key: ConfigKey, props: Props): ConfigValue {
  const recommendedValues = key.recommended?.(props) ?? key.values ?? []
  const raw = props[name] ?? undefined
  if (raw === undefined) {
    const required = `Missing required configuration "${name}" which has no default value.`
    return { name, value: key.default, recommendedValues, errors: 'default' in key ? [] : [required] }
  }
  const parsed = parseValue(key.type, raw)
  const error = parsed.error ?? checkValue(key, parsed.value)
  const shown = key.type === 'password' ? '[hidden]' : raw
  return {
    name,
    value: parsed.value,
    recommendedValues,
    errors: error === undefined ? [] : [`Invalid value ${shown} for configuration ${name}: ${error}`],
  }
}
