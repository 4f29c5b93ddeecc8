import { type ConfigKey, defaultText, ordersInGroups } from '#api'
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

function toConfigKeyInfo(name: string, key: ConfigKey, order: number): ConfigKeyInfo {
  return {
    name,
    type: key.type.toUpperCase(),
    required: !('default' in key),
    default_value: defaultText(key),
    importance: key.importance.toUpperCase(),
    documentation: key.doc,
    group: key.group ?? null,
    order_in_group: order,
    width: (key.width ?? 'none').toUpperCase(),
    display_name: key.displayName ?? name,
    dependents: key.dependents ?? [],
  }
}

/** The keys of a plugin in the order of their declaration. */
export function toConfigKeyInfos(keys: Readonly<Record<string, ConfigKey>>): readonly ConfigKeyInfo[] {
  const orders = ordersInGroups(keys)
  return Object.entries(keys).map(([name, key]) => toConfigKeyInfo(name, key, orders.get(name) ?? -1))
}

/** The answer of `validate`. `connectorClass` is repeated as it was sent. */
export function toConfigInfos(connectorClass: string, { keys }: Validation) {
  const groups = keys.flatMap(({ definition }) => definition?.key.group ?? [])
  return {
    name: connectorClass,
    error_count: keys.reduce((count, key) => count + errorsOf(key), 0),
    groups: [...new Set(groups)],
    configs: keys.map(toConfigInfo),
  }
}

/** Kafka Connect counts all errors of a converter's or client's key as one. */
const errorsOf = ({ errors, countedOnce }: ValidatedKey): number =>
  countedOnce ? Math.min(1, errors.length) : errors.length

function toConfigInfo({ name, definition, value, recommendedValues, errors, visible = true }: ValidatedKey) {
  const secret = definition?.key.type === 'password' && value !== null
  return {
    definition: definition ? toConfigKeyInfo(name, definition.key, definition.order) : null,
    value: {
      name,
      value: secret ? '[hidden]' : value,
      recommended_values: recommendedValues,
      errors,
      visible,
    },
  }
}
