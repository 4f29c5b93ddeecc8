import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromJson, SchemaMismatchError } from '#api'
import { toConnect } from '../../../src/converters/avro/to-connect.ts'
import { compileAvro } from '../../../src/registry/index.ts'
import { arbitraryAvro, type Json } from '../../support/arbitrary-avro.ts'
import { nearlyJsonOf } from '../../support/nearly-json.ts'

function fit(json: Json, given: unknown) {
  const { type, ...rest } = compileAvro(JSON.stringify(json))
  try {
    return { type, value: fromJson(toConnect({ type, ...rest }), given) }
  } catch (error) {
    if (error instanceof SchemaMismatchError) return undefined
    throw error
  }
}

test('whatever is taken from outside for an Avro schema can be written with it', () => {
  let taken = 0
  fc.assert(
    fc.property(
      arbitraryAvro.chain((json) => nearlyJsonOf(json).map((given) => ({ json, given }))),
      ({ json, given }) => {
        const fitted = fit(json, given)
        if (!fitted) return
        taken++
        expect(() => fitted.type.toBuffer(fitted.value)).not.toThrow()
      },
    ),
    { numRuns: 2000 },
  )
  expect(taken).toBeGreaterThan(200)
})

const decimal = (type: object) => ({ ...type, logicalType: 'decimal', precision: 4, scale: 2 })
const record = (type: Json): Json => ({ type: 'record', name: 'R', fields: [{ name: 'u', type }] })

test.each<[string, Json, unknown]>([
  ['a decimal with too many digits', decimal({ type: 'bytes' }), '123456.78'],
  [
    'a decimal that its fixed cannot hold',
    { type: 'fixed', name: 'F', size: 2, logicalType: 'decimal', precision: 5, scale: 0 },
    '32768',
  ],
  ['a union without a branch', record(['int', 'string']), { u: {} }],
  ['a union whose branch is null', record(['int', 'string']), { u: { int: null } }],
  ['a union of two branches', record(['int', 'string']), { u: { int: 1, string: 'x' } }],
  ['text for null', record('null'), { u: 'x' }],
])('%s is refused', (_what, json, given) => {
  expect(fit(json, given)).toBeUndefined()
})

test.each<[Json, unknown, unknown]>([
  [decimal({ type: 'bytes' }), '-0012.30', '-0012.30'],
  [{ type: 'fixed', name: 'F', size: 2, logicalType: 'decimal', precision: 5, scale: 0 }, '-32768', '-32768'],
  [record(['int', 'string']), { u: { int: 1, string: null } }, { u: { int: 1 } }],
  [record(['null', 'int', 'string']), { u: {} }, { u: null }],
  [record('null'), {}, { u: null }],
])('%j takes %j', (json, given, value) => {
  expect(fit(json, given)?.value).toEqual(value)
})
