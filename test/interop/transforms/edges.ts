import { logicalNames } from '#api'
import type { Case } from './cases.ts'
import { doubles, floats, moreDoubles, texts, timestamps } from './values.ts'
import type { Wire, WireSchema } from './wire.ts'

const targets = ['int8', 'int16', 'int32', 'int64', 'float32', 'float64', 'boolean', 'string']

const integers = ['0', '1', '-1', '42', '127', '-128']
const int16s = [...integers, '128', '32767', '-32768']
const int32s = [...int16s, '65536', '16777217', '2147483647', '-2147483648']
const int64s = [...int32s, '9007199254740993', '1152921573326323713', '9223372036854775807', '-9223372036854775808']

const decimal = (scale: number): WireSchema => ({
  type: 'bytes',
  name: logicalNames.decimal,
  version: 1,
  parameters: { scale: String(scale) },
})

const values: readonly (readonly [WireSchema, readonly Wire[]])[] = [
  [{ type: 'int8' }, integers.map((v) => ({ t: 'byte', v }))],
  [{ type: 'int16' }, int16s.map((v) => ({ t: 'short', v }))],
  [{ type: 'int32' }, int32s.map((v) => ({ t: 'int', v }))],
  [{ type: 'int64' }, int64s.map((v) => ({ t: 'long', v }))],
  [{ type: 'float32' }, floats.map((v) => ({ t: 'float', v }))],
  [{ type: 'float64' }, [...doubles, ...moreDoubles].map((v) => ({ t: 'double', v }))],
  [{ type: 'boolean' }, [true, false].map((v) => ({ t: 'boolean', v }))],
  [{ type: 'string' }, texts.map((v) => ({ t: 'string', v }))],
  [{ type: 'bytes' }, ['', '/wABAg=='].map((v) => ({ t: 'bytes', v }))],
  [decimal(0), ['0', '-1', '123456789012345678901234'].map((v) => ({ t: 'decimal', v }))],
  [decimal(9), ['0', '0.000000001', '-123.456', '99999999999.5'].map((v) => ({ t: 'decimal', v }))],
  [decimal(-2), ['0', '100', '-123400'].map((v) => ({ t: 'decimal', v }))],
  [
    { type: 'int32', name: logicalNames.date, version: 1 },
    ['0', '86400000', '-86400000'].map((v) => ({ t: 'date', v })),
  ],
  [{ type: 'int32', name: logicalNames.time, version: 1 }, ['0', '1', '86399999'].map((v) => ({ t: 'date', v }))],
  [{ type: 'int64', name: logicalNames.timestamp, version: 1 }, timestamps.map((v) => ({ t: 'date', v }))],
]

/** Every type cast to every other, with the values at which something changes: too many for chance to meet them. */
export function castEdges(name: string): readonly Case[] {
  if (!name.includes('.Cast$')) return []
  const onKey = name.endsWith('$Key')
  const one = (schema: WireSchema | null, value: Wire, spec: string): Case => ({
    chain: [{ class: name, props: { spec } }],
    record: {
      topic: 'orders',
      partition: 0,
      offset: '0',
      timestamp: '0',
      keySchema: onKey ? schema : null,
      key: onKey ? value : null,
      valueSchema: onKey ? null : schema,
      value: onKey ? null : value,
      headers: [],
    },
  })
  return values.flatMap(([schema, all]) =>
    all.flatMap((value) =>
      targets.flatMap((target) => [
        one(schema, value, target),
        one({ ...schema, optional: true, default: value }, value, target),
        ...(schema.name === undefined ? [one(null, value, target)] : []),
      ]),
    ),
  )
}
