import { expect, test } from 'vitest'
import type { ConnectRecord, Props, Schema, TransformationPlugin } from '#api'
import { compute } from '../../../src/transforms/compute.ts'
import { filterBy } from '../../../src/transforms/filter-by.ts'

const record = (value: unknown, more: Partial<ConnectRecord> = {}): ConnectRecord => ({
  topic: 'buses',
  partition: 3,
  key: 'bus-1',
  value,
  timestamp: 1_700_000_000_000,
  headers: [{ key: 'origin', value: 'gps' }],
  path: [],
  ...more,
})

const run = (plugin: TransformationPlugin, props: Props, given: ConnectRecord) =>
  plugin.create(plugin.config.parse(props))(given) as ConnectRecord | null
const keeps = (condition: string, value: unknown, more: Props = {}) =>
  run(filterBy, { 'filter.condition': condition, ...more }, record(value)) !== null
const computed = (fields: object, given: ConnectRecord) => run(compute, { fields: JSON.stringify(fields) }, given)
const complaints = (plugin: TransformationPlugin, props: Props) =>
  plugin.config.validate(props).flatMap(({ errors }) => errors)

test.each([
  ['value.speed > 50', true],
  ['value.speed > 50 && value.line in ["7", "31"]', true],
  ['value.stops.exists(stop, stop.name == "Zoo")', true],
  ['value.stops.exists(stop, stop.name == value.next && stop.name in ["Zoo", "See"])', true],
  ['value.stops.exists(stop, stop.name.fits("^Z") && size(stop.name) + 1 == 4)', true],
  ['value.stops.all(stop, stop.name.startsWith("Z"))', false],
  ['value.n % 2 == 1', true],
  ['value.n / 2 > 1.4', true],
  ['value.big == 1152921504606846976', true],
  ['has(value.missing)', false],
  ['value.nothing == null', true],
  ['value.line.fits("^[0-9]+$")', true],
  ['key == "bus-1" && topic == "buses" && partition == 3', true],
  ['headers.origin == "gps"', true],
  ['timestamp > 1600000000000', true],
])('decides by %s', (condition, expected) => {
  const value = {
    speed: 51.5,
    line: '31',
    n: 3,
    big: 2n ** 60n,
    nothing: null,
    next: 'Zoo',
    stops: [{ name: 'Zoo' }, { name: 'Bellevue' }],
  }
  expect(keeps(condition, value)).toBe(expected)
  expect(keeps(condition, value, { 'filter.type': 'exclude' })).toBe(!expected)
})

test('fails, keeps or drops a record that has not what the condition names', () => {
  expect(() => keeps('value.speed > 1', {})).toThrow(
    'the expression "value.speed > 1" cannot be worked out: No such key: speed',
  )
  expect(keeps('value.speed > 1', {}, { 'missing.or.null.behavior': 'include' })).toBe(true)
  expect(keeps('value.speed > 1', {}, { 'missing.or.null.behavior': 'exclude' })).toBe(false)
})

test('fails for a condition that answers no truth value, whatever is missing', () => {
  expect(() => keeps('value.speed', { speed: 3 }, { 'missing.or.null.behavior': 'include' })).toThrow(
    'The condition "value.speed" answered 3, neither true nor false.',
  )
})

test.each([
  ['value.speed >', 'Unexpected token'],
  ['speed > 3', 'speed'],
  ['value.line.matches("a")', 'use "fits"'],
  ['value.list.map(x, x + 1) == [1]', 'there is no function "map"'],
  ['value.list.exists(x, value.list.exists(y, x == y))', 'one of them at a time'],
  ['value.a.exists(x, (x + 0.5) in value.a)', '"in" inside exists'],
  ['value.a.exists(x, value.a == value.b)', '"==" inside exists'],
  ['value.a.exists(x, value.text.fits("a"))', '"fits" inside exists'],
  ['value.a.exists(x, x + value.text == "b")', '"+" inside exists'],
  [`value.a == "${'x'.repeat(5000)}"`, '4096 characters at most'],
  [Array.from({ length: 150 }, (_, index) => `value.a == ${index}`).join(' || '), 'maxAstNodes'],
])('refuses an expression it could not bound or read (%#)', (condition, complaint) => {
  expect(complaints(filterBy, { 'filter.condition': condition }).join()).toContain(complaint)
})

test('takes a hostile text in a time that grows with its length alone', () => {
  const text = `${'a'.repeat(50_000)}!`
  expect(keeps('value.text.fits("^(a+)+$")', { text })).toBe(false)
  expect(() => keeps('value.text.fits(value.pattern)', { text, pattern: '(' })).toThrow(
    'is no pattern that "fits" takes',
  )
})

test('adds and replaces fields of a record without schema', () => {
  const given = record({ speed: 10, line: '31', nr: 7 })
  expect(computed({ kmh: 'value.speed * 3.6', line: 'value.line + "-" + string(value.nr)' }, given)?.value).toEqual({
    speed: 10,
    line: '31-7',
    nr: 7,
    kmh: 36,
  })
  expect(given.value).toEqual({ speed: 10, line: '31', nr: 7 })
})

const schema: Schema = {
  type: 'struct',
  name: 'Bus',
  fields: [
    { name: 'id', schema: { type: 'int64' } },
    { name: 'speed', schema: { type: 'float64' } },
  ],
}

test('gives a record with a schema fields of a type', () => {
  const given = record({ id: 2 ** 40, speed: 10 }, { valueSchema: schema })
  const fields = {
    kmh: { expression: 'value.speed * 3.6', type: 'float64' },
    isFast: 'value.speed > 5',
    next: 'int(value.id) + 1',
  }
  const result = computed(fields, given)
  expect(result?.value).toEqual({ id: 2 ** 40, speed: 10, kmh: 36, isFast: true, next: 2 ** 40 + 1 })
  expect(result?.valueSchema).toEqual({
    ...schema,
    fields: [
      ...(schema.fields ?? []),
      { name: 'kmh', schema: { type: 'float64', optional: true } },
      { name: 'isFast', schema: { type: 'boolean' } },
      { name: 'next', schema: { type: 'int64' } },
    ],
  })
  const transform = compute.create(compute.config.parse({ fields: JSON.stringify(fields) }))
  const [a, b] = [transform(given), transform(given)] as [ConnectRecord, ConnectRecord]
  expect(a.valueSchema).toBe(b.valueSchema)
})

test('refuses a result that its declared type cannot hold, and one that no type can be told from', () => {
  const given = record({ id: 300, speed: 1 }, { valueSchema: schema })
  expect(() => computed({ small: { expression: 'value.id', type: 'int8' } }, given)).toThrow(
    'The field "small" came to 300, which is no int8.',
  )
  expect(() => computed({ nothing: 'null' }, given)).toThrow('give it a "type"')
  expect(computed({ nothing: { expression: 'null', type: 'string' } }, given)?.value).toEqual({
    id: 300,
    speed: 1,
    nothing: null,
  })
})

test('works on the key where it is told to, and leaves a tombstone as it is', () => {
  const keyed = run(compute, { fields: '{"twice":"key.n * 2.0"}', on: 'key' }, record('v', { key: { n: 4 } }))
  expect(keyed?.key).toEqual({ n: 4, twice: 8 })
  const tombstone = record(null)
  expect(computed({ a: '1' }, tombstone)).toBe(tombstone)
})

test.each([
  ['{', 'must be a JSON object'],
  ['{}', 'at least one field'],
  ['{"a":1}', '"a" must be an expression'],
  ['{"a":{"expression":"1","type":"int7"}}', 'has the type "int7"'],
  ['{"a":"value."}', '"a": the expression "value."'],
])('says what is wrong with fields (%#)', (fields, complaint) => {
  expect(complaints(compute, { fields }).join()).toContain(complaint)
})
