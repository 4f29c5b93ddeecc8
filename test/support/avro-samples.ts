import { logicalNames, type Schema } from '#api'
import type { Sample } from '../conformance/converter.ts'

const optional = (schema: Schema): Schema => ({ ...schema, optional: true })

/** A struct with a field of every type that Connect has. */
export const everything: Schema = {
  type: 'struct',
  name: 'test.Everything',
  version: 3,
  doc: 'All of it.',
  fields: [
    { name: 'int8', schema: { type: 'int8' } },
    { name: 'int16', schema: { type: 'int16' } },
    { name: 'int32', schema: { type: 'int32', default: 7 } },
    { name: 'int64', schema: { type: 'int64', doc: 'Large.' } },
    { name: 'float32', schema: { type: 'float32' } },
    { name: 'float64', schema: { type: 'float64' } },
    { name: 'boolean', schema: { type: 'boolean' } },
    { name: 'string', schema: { type: 'string' } },
    { name: 'bytes', schema: { type: 'bytes' } },
    { name: 'array', schema: { type: 'array', values: optional({ type: 'int64' }) } },
    { name: 'map', schema: { type: 'map', keys: { type: 'string' }, values: { type: 'float64' } } },
    { name: 'entries', schema: { type: 'map', keys: { type: 'int32' }, values: optional({ type: 'string' }) } },
    { name: 'struct', schema: { type: 'struct', fields: [{ name: 'a', schema: { type: 'string' } }] } },
    { name: 'other', schema: { type: 'struct', fields: [{ name: 'b', schema: optional({ type: 'string' }) }] } },
    { name: 'date', schema: { type: 'int32', name: logicalNames.date, version: 1 } },
    { name: 'time', schema: { type: 'int32', name: logicalNames.time, version: 1 } },
    { name: 'timestamp', schema: { type: 'int64', name: logicalNames.timestamp, version: 1 } },
    {
      name: 'decimal',
      schema: { type: 'bytes', name: logicalNames.decimal, version: 1, parameters: { scale: '3' } },
    },
    { name: 'absent', schema: optional({ type: 'struct', name: 'test.Absent', fields: [] }) },
  ],
}

export const everythingValue = {
  int8: -128,
  int16: 32767,
  int32: -2147483648,
  int64: 9223372036854775807n,
  float32: 0.5,
  float64: 1e-300,
  boolean: true,
  string: 'Grüße 🚌',
  bytes: Buffer.from([0, 255]),
  array: [1, null, -9223372036854775808n],
  map: { a: 1.5, '': -2 },
  entries: [
    [1, 'one'],
    [2, null],
  ],
  struct: { a: 'x' },
  other: { b: null },
  date: 20000,
  time: 86399999,
  timestamp: 1728140000123,
  decimal: '-12345678901234567890.123',
  absent: null,
}

/** What a converter with schemas carries. */
export const samples: readonly Sample[] = [
  { title: 'a struct of everything', schema: everything, value: everythingValue },
  { title: 'an optional struct', schema: optional(everything), value: everythingValue },
  { title: 'a text', schema: { type: 'string' }, value: 'text' },
  { title: 'a small number', schema: { type: 'int32' }, value: 0 },
  { title: 'a large number', schema: { type: 'int64' }, value: -9007199254740993n },
  {
    title: 'a list of maps',
    schema: { type: 'array', values: { type: 'map', keys: { type: 'string' }, values: { type: 'boolean' } } },
    value: [{}, { a: false }],
  },
  { title: 'a text of 100 kB', schema: { type: 'string' }, value: 'ü'.repeat(50_000) },
]
