import type { Schema } from '#api'
import type { Sample } from '../conformance/converter.ts'
import { everything, everythingValue } from './avro-samples.ts'

const optional = (schema: Schema): Schema => ({ ...schema, optional: true })

const union: Schema = {
  type: 'struct',
  name: 'io.confluent.connect.protobuf.Union.choice',
  optional: true,
  fields: [
    { name: 'text', schema: optional({ type: 'string' }) },
    { name: 'number', schema: optional({ type: 'int32' }) },
  ],
}

const color = 'io.confluent.connect.protobuf.Enum'

/** All that Protobuf can say: no nulls in lists and maps, no list in a list. */
const fields = [
  ...(everything.fields ?? []).flatMap(({ name, schema }) => {
    if (name === 'array') return [{ name, schema: { type: 'array', values: { type: 'int64' } } as const }]
    if (name === 'entries') {
      const entries: Schema = { type: 'map', keys: { type: 'int32' }, values: { type: 'string' } }
      return [{ name, schema: entries }]
    }
    return [{ name, schema }]
  }),
  { name: 'choice_0', schema: union },
  {
    name: 'color',
    schema: {
      type: 'string',
      name: 'Color',
      parameters: { [color]: 'Color', [`${color}.RED`]: '0', [`${color}.GREEN`]: '7' },
    } as const,
  },
]

const message: Schema = { type: 'struct', name: 'test.Everything', fields }

const value = {
  ...everythingValue,
  array: [1, -9223372036854775808n],
  entries: [
    [1, 'one'],
    [-2, ''],
  ],
  other: { b: 'x' },
  choice_0: { number: 0 },
  color: 'GREEN',
}

/** What the Protobuf converter carries. */
export const protobufSamples: readonly Sample[] = [
  { title: 'a struct of everything', schema: message, value },
  {
    title: 'a struct of nothing',
    schema: optional({ type: 'struct', name: 'Empty', fields: [{ name: 'a', schema: optional({ type: 'string' }) }] }),
    value: { a: null },
    readBack: { a: '' },
  },
  { title: 'a text', schema: { type: 'string' }, value: 'text' },
  { title: 'a small number', schema: { type: 'int32' }, value: 0 },
  { title: 'a large number', schema: { type: 'int64' }, value: -9007199254740993n },
  { title: 'bytes', schema: { type: 'bytes' }, value: Buffer.from([0, 255]) },
  { title: 'a text of 100 kB', schema: { type: 'string' }, value: 'ü'.repeat(50_000) },
]
