import { type Schema, toJson } from '#api'
import { formatConnectValue, millisOf } from '../../util/connect-values.ts'

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A number, boolean, decimal, date or time as the `toString` of its Java class, in UTC. */
export function javaText(schema: Schema | undefined, value: unknown): string {
  const millis = millisOf(schema, value)
  if (millis === undefined) {
    const isValue = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    return isValue || typeof value === 'string' ? formatConnectValue(schema, value) : toJson(value)
  }
  const date = new Date(Number(millis))
  // Beyond the years that JavaScript knows.
  if (Number.isNaN(date.getTime())) return String(millis)
  const two = (number: number) => String(number).padStart(2, '0')
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
  const year = String(date.getUTCFullYear()).padStart(4, '0')
  return `${days[date.getUTCDay()]} ${months[date.getUTCMonth()]} ${two(date.getUTCDate())} ${time} UTC ${year}`
}
