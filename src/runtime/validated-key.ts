import { type ConfigDef, type ConfigKey, type ConfigValue, ordersInGroups, type Props } from '#api'
import { withPrefix } from './connector-config.ts'

/** One key in the answer of `validate`; the framework's keys and those of all plugins involved together. */
export interface ValidatedKey {
  readonly name: string
  /** Absent for a key that carries only an error. */
  readonly definition?: { readonly key: ConfigKey; readonly order: number }
  /** As Kafka prints it; null when absent or unreadable; `[hidden]` for secrets. */
  readonly value: string | null
  readonly recommendedValues: readonly string[]
  readonly errors: readonly string[]
  /** Absent: true. */
  readonly visible?: boolean
  /** All its errors count as one, as Kafka Connect counts those of converters and clients. */
  readonly countedOnce?: boolean
}

export const nullComplaint = 'Null value can not be supplied as the configuration value.'

/** How many errors Kafka Connect counts. */
export const errorCount = (keys: readonly ValidatedKey[]): number =>
  keys.reduce((sum, { errors, countedOnce }) => sum + (countedOnce ? Math.min(1, errors.length) : errors.length), 0)

/** The keys of a definition with what is wrong, `prefix` before their names; the definition's own order of groups. */
export function validateKeys(def: ConfigDef, props: Props, prefix = ''): ValidatedKey[] {
  const orders = ordersInGroups(def.keys)
  return def.validate(prefix === '' ? props : withPrefix(props, prefix)).flatMap((result) => {
    const key = def.keys[result.name]
    if (!key) return []
    const order = orders.get(result.name) ?? -1
    const definition = { key: prefixed(key, result.name, prefix), order }
    return { ...toValidated(result), name: prefix + result.name, definition, errors: errorsOf(result, prefix) }
  })
}

/**
 * The like for what follows an alias: all in one group, required and important keys first, as Kafka's `ConfigDef.embed` has it.
 * `from` is the place of the first.
 */
export function validateEmbedded(
  def: ConfigDef,
  props: Props,
  prefix: string,
  group: string,
  from: number,
): ValidatedKey[] {
  const keys = validateKeys(def, props, prefix)
  const groups = [...new Set(keys.flatMap(({ definition }) => definition?.key.group ?? []))]
  return keys
    .toSorted((a, b) => compare(a, b, groups))
    .map((each, index) => {
      if (!each.definition) return each
      const { key } = each.definition
      const named = key.group === undefined ? group : `${group}: ${key.group}`
      return { ...each, definition: { key: { ...key, group: named }, order: from + index } }
    })
}

/** The same key with a null in the declaration: no value, and Kafka Connect's complaint. */
export function withNull(key: ValidatedKey): ValidatedKey {
  const check = key.definition?.key.validator?.whenNull
  const range = check === undefined ? [] : [`Invalid value null for configuration ${key.name}: ${check}`]
  return { ...key, value: null, errors: [...range, nullComplaint] }
}

const toValidated = ({ name, text, recommendedValues, errors, visible }: ConfigValue): ValidatedKey => ({
  name,
  value: text,
  recommendedValues,
  errors,
  visible,
})

const errorsOf = ({ name, errors }: ConfigValue, prefix: string): readonly string[] =>
  prefix === '' ? errors : errors.map((error) => withName(error, name, `${prefix}${name}`))

/** The name where the sentences of `ConfigDef` have it, and nowhere else. */
function withName(error: string, name: string, full: string): string {
  for (const before of ['configuration ', 'configuration "', "Configuration '"]) {
    const at = error.indexOf(`${before}${name}`)
    if (at >= 0) return `${error.slice(0, at + before.length)}${full}${error.slice(at + before.length + name.length)}`
  }
  return error
}

/** It is still called by its short name. */
function prefixed(key: ConfigKey, name: string, prefix: string): ConfigKey {
  if (prefix === '') return key
  const dependents = key.dependents?.map((dependent) => prefix + dependent)
  return { ...key, displayName: key.displayName ?? name, ...(dependents && { dependents }) }
}

const importances = ['high', 'medium', 'low'] as const

function compare(a: ValidatedKey, b: ValidatedKey, groups: readonly string[]): number {
  const [left, right] = [a.definition, b.definition]
  if (!left || !right) return 0
  const group = ({ group: name }: ConfigKey) => (name === undefined ? -1 : groups.indexOf(name))
  const required = (key: ConfigKey) => ('default' in key ? 1 : 0)
  return (
    group(left.key) - group(right.key) ||
    left.order - right.order ||
    required(left.key) - required(right.key) ||
    importances.indexOf(left.key.importance) - importances.indexOf(right.key.importance) ||
    (a.name < b.name ? -1 : 1)
  )
}
