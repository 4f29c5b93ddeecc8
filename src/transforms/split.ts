import { type ConnectRecord, DataError, defineConfig, defineTransformation, type Schema } from '#api'
import { parsePath, type Step } from './field-path.ts'
import { describe, isMap, readEntry } from './fields.ts'
import { onKey, sideOf } from './side.ts'
import { ownVersion } from './version.ts'

interface Found {
  readonly schema: Schema | undefined
  readonly value: unknown
}

/** Ours; Kafka Connect's transformations give one record at most. */
export const split = defineTransformation({
  name: 'Split',
  version: ownVersion,
  doc: [
    'Makes one record of each element of an array, which is the value itself or a field of it.',
    'The record keeps all else; its path tells which element it was. An empty array leaves no record, a tombstone passes.',
  ].join(' '),
  sided: true,
  config: defineConfig({
    field: {
      type: 'string',
      importance: 'high',
      default: '',
      doc: 'The path of the array, with dots: `trip.stops`. Empty: the value itself is the array. What is beside the array is dropped.',
    },
    on: onKey,
  }),
  create({ field, on }) {
    const side = sideOf(on)
    const steps = field === '' ? [] : parsePath(field)
    return (record) => {
      const whole = side.value(record) ?? null
      if (whole === null) return record
      const { schema, value } = descend({ schema: side.schema(record), value: whole }, steps)
      if (!Array.isArray(value) || (schema !== undefined && schema.type !== 'array')) {
        throw notAnArray(record, field, on, schema && Array.isArray(value) ? schema.type : describe(value))
      }
      const { path } = record
      return value.map((element: unknown, index) => side.replace(record, schema?.values, element, [...path, index]))
    }
  },
})

function descend(from: Found, steps: readonly Step[]): Found {
  let { schema, value } = from
  for (const step of steps) {
    if (!isMap(value)) return { schema: undefined, value: null }
    value = readEntry(value, String(step))
    schema = schema?.type === 'map' ? schema.values : schema?.fields?.find(({ name }) => name === step)?.schema
  }
  return { schema, value }
}

function notAnArray(record: ConnectRecord, field: string, on: string, found: string): DataError {
  const what = field === '' ? `the ${on} itself` : `the field "${field}" of the ${on}`
  return new DataError(`Split needs an array, but ${what} is ${found}. Name the array's path in the option "field".`, {
    context: { topic: record.topic, field },
  })
}
