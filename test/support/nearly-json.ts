import * as fc from 'fast-check'
import { toJson } from '#api'
import { type Json, nameOf, valueOf } from './arbitrary-avro.ts'

/** What a client may send anywhere. `1e400` is what parsing makes infinite. */
const junk = fc.constantFrom<unknown[]>(
  null,
  {},
  [],
  '',
  'x',
  'NaN',
  '123456.78',
  '-99999999999999999999.999',
  '9223372036854775808',
  0,
  128,
  1.5,
  1e39,
  JSON.parse('12345678901234567.8912'),
  JSON.parse('1e400'),
  true,
  { a: null },
)

/** JSON that fits an Avro schema more or less: each part of it may be wrong, missing, or there more than once. */
export function nearlyJsonOf(json: Json): fc.Arbitrary<unknown> {
  return fc.oneof({ arbitrary: rightly(json), weight: 9 }, { arbitrary: junk, weight: 1 })
}

function rightly(json: Json): fc.Arbitrary<unknown> {
  if (Array.isArray(json)) {
    const branches = json.filter((branch) => branch !== 'null')
    const [only] = branches
    if (branches.length < 2 && only !== undefined) return nearlyJsonOf(only)
    return fc
      .subarray(branches, { maxLength: 2 })
      .chain((chosen) => fieldsOf(chosen.map((branch) => [nameOf(branch), branch])))
  }
  if (typeof json === 'string') return scalar(json)
  switch (json['type']) {
    case 'array':
      return fc.array(nearlyJsonOf(json['items'] as Json), { maxLength: 2 })
    case 'map':
      return fc.dictionary(fc.string({ maxLength: 2 }), nearlyJsonOf(json['values'] as Json), { maxKeys: 2 })
    case 'record':
      return fieldsOf((json['fields'] as { name: string; type: Json }[]).map(({ name, type }) => [name, type]))
    default:
      return scalar(json)
  }
}

const scalar = (json: Json): fc.Arbitrary<unknown> =>
  valueOf(json).map((value): unknown => (value === null ? null : JSON.parse(toJson(value))))

const fieldsOf = (fields: readonly (readonly [string, Json])[]): fc.Arbitrary<unknown> =>
  fc
    .tuple(...fields.map(([, type]) => nearlyJsonOf(type)))
    .map((values) => Object.fromEntries(fields.map(([name], index) => [name, values[index]])))
