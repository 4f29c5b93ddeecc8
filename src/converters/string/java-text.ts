import { type Schema, toJson } from '#api'
import { civilDate, formatConnectValue, millisOf } from '../../util/connect-values.ts'

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const perDay = 86_400_000n

/** A number, boolean, decimal, date or time as the `toString` of its Java class, in UTC. */
export function javaText(schema: Schema | undefined, value: unknown): string {
  const millis = millisOf(schema, value)
  if (millis === undefined) {
    const isValue = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    return isValue || typeof value === 'string' ? formatConnectValue(schema, value) : toJson(value)
  }
  const ofDay = ((millis % perDay) + perDay) % perDay
  const date = (millis - ofDay) / perDay
  const { year, month, day } = civilDate(date)
  const weekday = days[Number((((date + 4n) % 7n) + 7n) % 7n)]
  const time = new Date(Number(ofDay)).toISOString().slice(11, 19)
  // Years before Christ count on from 1, without a sign.
  const shownYear = String(year > 0 ? year : 1 - year).padStart(4, '0')
  return `${weekday} ${months[month - 1]} ${String(day).padStart(2, '0')} ${time} UTC ${shownYear}`
}
