import type { ConfigKey } from '#api'
import type { ValidatedKey, Validation } from '../herder/herder.ts'

/** Kafka Connect's description of one configuration key; the names are those of its JSON. */
interface ConfigKeyInfo {
  readonly name: string
  readonly type: string
  readonly required: boolean
  readonly default_value: string | null
  readonly importance: string
  readonly documentation: string
  readonly group: string | null
  readonly order_in_group: number
  readonly width: string
  readonly display_name: string
  readonly dependents: readonly string[]
}

/** `order` counts from 1 within the key's group; a key without a group has none, which Kafka says as -1. */
function toConfigKeyInfo(name: string, key: ConfigKey, order: number): ConfigKeyInfo {
  return {
    name,
    type: key.type.toUpperCase(),
    required: !('default' in key),
    default_value: defaultText(key),
    importance: key.importance.toUpperCase(),
    documentation: key.doc,
    group: key.group ?? null,
    order_in_group: key.group === undefined ? -1 : order,
    width: (key.width ?? 'none').toUpperCase(),
    display_name: key.displayName ?? name,
    dependents: key.dependents ?? [],
  }
}

/** The keys of a plugin in the order of their declaration. */
export function toConfigKeyInfos(keys: Readonly<Record<string, ConfigKey>>): readonly ConfigKeyInfo[] {
  const counts = new Map<string | undefined, number>()
  return Object.entries(keys).map(([name, key]) => {
    const order = (counts.get(key.group) ?? 0) + 1
    counts.set(key.group, order)
    return toConfigKeyInfo(name, key, order)
  })
}

/** The answer of `validate`. `connectorClass` is repeated as it was sent. */
export function toConfigInfos(connectorClass: string, { keys }: Validation) {
  const groups = keys.flatMap(({ definition }) => definition?.key.group ?? [])
  return {
    name: connectorClass,
    error_count: keys.reduce((count, key) => count + key.errors.length, 0),
    groups: [...new Set(groups)],
    configs: keys.map(toConfigInfo),
  }
}

function toConfigInfo({ name, definition, value, recommendedValues, errors }: ValidatedKey) {
  const secret = definition?.key.type === 'password' && value !== null
  return {
    definition: definition ? toConfigKeyInfo(name, definition.key, definition.order) : null,
    value: {
      name,
      value: secret ? '[hidden]' : value,
      recommended_values: recommendedValues,
      errors,
      visible: true,
    },
  }
}

function defaultText({ type, default: value }: ConfigKey): string | null {
  if (value === undefined || value === null) return null
  if (type === 'password') return '[hidden]'
  return Array.isArray(value) ? value.join(',') : `${value as string | number | boolean}`
}
