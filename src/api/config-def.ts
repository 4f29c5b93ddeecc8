import { checkValue, parseValue } from './config-parse.ts'
import { shownValue, textOfValue } from './config-text.ts'
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
export interface Validator {
  (value: never, name: string): string | undefined
  /** What it says besides when there is no value, because it is missing or could not be read: some of Kafka's checks complain a second time then. */
  readonly whenNull?: string
  /** Its complaint is a whole sentence; otherwise `Invalid value … for configuration …: ` goes before it. */
  readonly sentence?: boolean
  /** Repeated values of a list are dropped by `parse` and a complaint of `validate` (KIP-1161). */
  readonly distinct?: boolean
}

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
  /** Its place in the group, from 1; by default the place in the declaration. */
  readonly order?: number
  readonly displayName?: string
  readonly width?: 'none' | 'short' | 'medium' | 'long'
  readonly dependents?: readonly string[]
  /** Values to offer a person, given the other properties. */
  readonly recommended?: (props: Props) => readonly string[]
  /** Whether a form should show the key, given the other properties. */
  readonly visible?: (props: Props) => boolean
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
  /** The parsed value as Kafka prints it, secrets as `[hidden]`; null when there is none. */
  readonly text: string | null
  readonly recommendedValues: readonly string[]
  readonly errors: readonly string[]
  readonly visible: boolean
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
  const check = (props: Props, dropRepeated: boolean): ConfigValue[] =>
    Object.entries<ConfigKey>(keys).map(([name, key]) => validateKey(name, key, props, dropRepeated))
  return {
    keys,
    validate: (props) => check(props, false),
    parse(props) {
      const values = check(props, true)
      const errors = values.flatMap((value) => value.errors)
      if (errors.length > 0) throw new ConfigError(errors.join('\n'), { context: { errors } })
      return Object.fromEntries(values.map(({ name, value }) => [name, value])) as ConfigOf<ConfigDef<K>>
    },
  }
}

function validateKey(name: string, key: ConfigKey, props: Props, dropRepeated: boolean): ConfigValue {
  const raw = props[name] ?? undefined
  const found = raw === undefined ? absent(name, key) : given(name, key, raw, dropRepeated)
  return {
    name,
    ...found,
    text: textOfValue(key.type, found.value, raw),
    recommendedValues: key.recommended?.(props) ?? [],
    visible: key.visible?.(props) ?? true,
  }
}

type Found = Pick<ConfigValue, 'value' | 'errors'>

const absent = (name: string, key: ConfigKey): Found => ({
  value: key.default,
  errors:
    'default' in key
      ? []
      : [`Missing required configuration "${name}" which has no default value.`, ...whenNull(name, key)],
})

function given(name: string, key: ConfigKey, raw: string, dropRepeated: boolean): Found {
  const parsed = parseValue(key.type, raw)
  const hidden = key.type === 'password'
  if (parsed.error !== undefined) {
    const error = `Invalid value ${hidden ? '[hidden]' : raw} for configuration ${name}: ${parsed.error}`
    return { value: undefined, errors: [error, ...whenNull(name, key)] }
  }
  const isList = Array.isArray(parsed.value) && dropRepeated && key.validator?.distinct === true
  const value = isList ? [...new Set(parsed.value as readonly string[])] : parsed.value
  const error = checkValue(key, value, name)
  if (error === undefined) return { value, errors: [] }
  const isSentence = key.validator?.sentence === true
  const shown = hidden ? '[hidden]' : shownValue(key.type, value, raw)
  return { value, errors: [isSentence ? error : `Invalid value ${shown} for configuration ${name}: ${error}`] }
}

function whenNull(name: string, { validator }: ConfigKey): readonly string[] {
  if (validator?.whenNull === undefined) return []
  return [
    validator.sentence ? validator.whenNull : `Invalid value null for configuration ${name}: ${validator.whenNull}`,
  ]
}
