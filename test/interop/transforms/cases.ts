import type { Data } from './data.ts'
import type { Random } from './random.ts'
import { subjects } from './subjects.ts'
import { freeValue, timestamp, valueFor } from './values.ts'
import type { WireHeader, WireRecord } from './wire.ts'

export interface Step {
  /** Java's, with its package. */
  readonly class: string
  readonly props: Readonly<Record<string, string>>
}

export interface Case {
  readonly chain: readonly Step[]
  readonly record: WireRecord
}

/** `org.apache.kafka.connect.transforms.Cast$Key` is `Cast`. */
export const simpleName = (name: string): string => name.replace(/^.*\./, '').replace(/\$(Key|Value)$/, '')

/** A random record with random options for one class, and now and then what it makes goes through another. */
export function randomCase(random: Random, name: string, all: readonly string[]): Case {
  const generate = subjects[simpleName(name)]
  if (!generate) throw new Error(`There are no cases for ${name}.`)
  const { props, data, topic } = generate(random)
  const other = random.pick(all)
  const chained = random.chance(0.1) ? [{ class: other, props: subjects[simpleName(other)]?.(random).props ?? {} }] : []
  return { chain: [{ class: name, props }, ...chained], record: recordOf(random, data, name.endsWith('$Key'), topic) }
}

function recordOf(random: Random, data: Data, onKey: boolean, topic: string | undefined): WireRecord {
  const other: Data = { schema: { type: 'string' }, value: { t: 'string', v: 'other side' } }
  const [key, value] = onKey ? [data, other] : [other, data]
  return {
    source: random.chance(0.1),
    topic: topic ?? random.pick(['orders', 'dev.orders', 'a_b', 'x$1']),
    partition: random.below(3),
    offset: random.pick(['0', '41', '9007199254740993']),
    timestamp: random.chance(0.1) ? null : timestamp(random),
    keySchema: key.schema,
    key: key.value,
    valueSchema: value.schema,
    value: value.value,
    headers: random.some(['h', 'i', 'h'], 0.5).map((name) => header(random, name)),
  }
}

function header(random: Random, key: string): WireHeader {
  if (random.chance(0.3)) return { key, schema: null, value: freeValue(random, 2) }
  const schema = random.pick([{ type: 'int32' }, { type: 'string', optional: true }] as const)
  return { key, schema, value: valueFor(random, schema) }
}
