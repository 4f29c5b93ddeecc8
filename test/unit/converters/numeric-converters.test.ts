import { expect, test } from 'vitest'
import type { Schema } from '#api'
import { booleanConverter } from '../../../src/converters/boolean-converter.ts'
import { numericConverters } from '../../../src/converters/numeric-converters.ts'
import { simpleHeaderConverter } from '../../../src/converters/simple-header-converter.ts'
import { testConverter } from '../../conformance/converter.ts'
import { quietLog } from '../../support/quiet.ts'

const samples: Readonly<Record<string, readonly [Schema['type'], readonly (number | bigint)[], readonly unknown[]]>> = {
  ShortConverter: ['int16', [0, -1, 32_767], [32_768, 1.5, 'x']],
  IntegerConverter: ['int32', [0, -(2 ** 31)], [2 ** 31, 5n ** 20n]],
  LongConverter: ['int64', [5, 2n ** 63n - 1n], [2n ** 63n, 0.5]],
  FloatConverter: ['float32', [0.5, -0, Number.NaN], [5n, true]],
  DoubleConverter: ['float64', [0.1, -0, Number.POSITIVE_INFINITY], [5n, 'x']],
}

for (const plugin of numericConverters) {
  const [type, values, refused] = samples[plugin.name] ?? ['int8', [], []]
  testConverter({
    plugin,
    topic: 't',
    create: () => plugin.create({ config: plugin.config.parse({}), isKey: false, log: quietLog }),
    samples: values.map((value) => ({ title: `${String(value)} of ${type}`, schema: { type }, value })),
    malformed: [Buffer.alloc(0), Buffer.alloc(3), Buffer.alloc(9)],
    refused: [...refused.map((value) => ({ value })), { schema: { type: 'string' }, value: 5 }],
  })
}

testConverter({
  plugin: booleanConverter,
  topic: 't',
  create: () => booleanConverter.create({ config: booleanConverter.config.parse({}), isKey: false, log: quietLog }),
  samples: [
    { title: 'true', schema: { type: 'boolean' }, value: true },
    { title: 'false', schema: undefined, value: false },
  ],
  malformed: [Buffer.alloc(0), Buffer.from([2]), Buffer.from([0, 1])],
  refused: [{ value: 1 }, { schema: { type: 'int8' }, value: true }, { schema: { type: 'int8' }, value: null }],
})

test('a date is no integer', () => {
  const [, integers] = numericConverters
  const converter = integers?.create({ config: integers.config.parse({}), isKey: false, log: quietLog })
  const date: Schema = { type: 'int32', name: 'org.apache.kafka.connect.data.Date' }
  expect(() => converter?.fromConnectData('t', date, 5)).toThrow('org.apache.kafka.connect.data.Date')
})

test('a header is text whose type is inferred, and no header is null', () => {
  const converter = simpleHeaderConverter.create({ config: {}, log: quietLog })
  expect(converter.toConnectHeader('t', 'h', null)).toEqual({ value: null })
  expect(converter.fromConnectHeader('t', 'h', undefined, null)).toBeNull()
  expect(converter.toConnectHeader('t', 'h', Buffer.from('[1,2]'))).toEqual({
    schema: { type: 'array', values: { type: 'int8' } },
    value: [1, 2],
  })
  expect(converter.fromConnectHeader('t', 'h', undefined, { a: ['x'] })?.toString()).toBe('{"a":["x"]}')
})
