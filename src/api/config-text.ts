import type { ConfigKey, ConfigKeys, ConfigType } from './config-def.ts'

/** A value as Kafka's `ConfigDef.convertToString` prints it; `raw` is what it was read from. Null when there is none. */
export function textOfValue(type: ConfigType, value: unknown, raw?: string): string | null {
  if (value === null || value === undefined) return null
  if (type === 'password') return '[hidden]'
  if (type === 'long' && raw !== undefined) return BigInt(raw.trim().replace('+', '')).toString()
  if (type === 'double') return doubleText(value as number)
  return Array.isArray(value) ? value.join(',') : `${value as string | number | boolean}`
}

/** A value as Java prints it within an error: lists as `[a, b]`. */
export const shownValue = (type: ConfigType, value: unknown, raw?: string): string =>
  Array.isArray(value) ? `[${value.join(', ')}]` : (textOfValue(type, value, raw) ?? 'null')

/** The default as Kafka Connect's REST API shows it; null when there is none. */
export const defaultText = ({ type, default: value }: ConfigKey): string | null => textOfValue(type, value)

/** The place of each key in its group, counted from 1; -1 for a key without a group. */
export function ordersInGroups(keys: ConfigKeys): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  return new Map(
    Object.entries(keys).map(([name, { group, order }]) => {
      if (group === undefined) return [name, order ?? -1]
      const count = (counts.get(group) ?? 0) + 1
      counts.set(group, count)
      return [name, order ?? count]
    }),
  )
}

/** As `Double.toString`: at least one decimal, and powers of ten beyond 10^-3 and 10^7. */
function doubleText(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Object.is(value, -0)) return '-0.0'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [digits = '', power = ''] = value.toExponential().split('e')
    return `${digits.includes('.') ? digits : `${digits}.0`}E${power.replace('+', '')}`
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
