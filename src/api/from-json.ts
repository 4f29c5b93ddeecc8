import { SchemaMismatchError } from './errors.ts'
import { logicalNames, type Schema } from './schema.ts'

/**
 * Fits parsed JSON to a schema, as data from outside must: what it returns, the converter that gave the schema can write.
 * Integers beyond 2^53 and decimals of more than 15 digits are taken as strings and refused as numbers, since JSON.parse
 * rounds those (bigints are refused alike); bytes are base64; absent fields take their default.
 * Throws `SchemaMismatchError` whose `context.field` is the path of the first thing that does not fit.
 */
export function fromJson(schema: Schema, json: unknown): unknown {
  return fit(schema, json, '')
}

const integerRanges: Partial<Record<Schema['type'], readonly [bigint, bigint]>> = {
  int8: [-128n, 127n],
  int16: [-32768n, 32767n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
}

function fit(schema: Schema, json: unknown, path: string): unknown {
  if (json === undefined) {
    if ('default' in schema) return schema.default
    if (schema.optional) return null
    throw mismatch(path, 'is missing')
  }
  if (json === null) {
    if (schema.optional) return null
    throw mismatch(path, `must be ${article(schema)}, not null`)
  }
  if (schema.name === logicalNames.decimal) return fitDecimal(schema, json, path)
  if (schema.name === unionName && schema.type === 'struct') return fitUnion(schema, json, path)
  if (schema.parameters?.['avro.type'] === 'null') throw mismatch(path, `must be null, not ${describe(json)}`)
  switch (schema.type) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      return fitInteger(schema, json, path)
    case 'float32':
    case 'float64':
      if (json === 'NaN' || json === 'Infinity' || json === '-Infinity') return Number(json)
      if (typeof json === 'number' || typeof json === 'bigint') return fitFloat(schema, Number(json), path)
      break
    case 'boolean':
      if (typeof json === 'boolean') return json
      break
    case 'string':
      if (typeof json === 'string') return fitString(schema, json, path)
      break
    case 'bytes':
      if (typeof json === 'string') return fitBytes(schema, json, path)
      break
    case 'array':
      if (Array.isArray(json))
        return json.map((item, index) => fit(schema.values ?? anything, item, `${path}[${index}]`))
      break
    case 'map':
      return fitMap(schema, json, path)
    case 'struct':
      return fitStruct(schema, json, path)
  }
  throw mismatch(path, `must be ${article(schema)}, not ${describe(json)}`)
}

const anything: Schema = { type: 'string', optional: true }

/** The struct by which Avro's converter stands for a union of several types; its fields are the branches. */
const unionName = 'io.confluent.connect.avro.Union'

/** What `JSON.parse` made infinite, or single precision would, was a number and must not become another value. */
function fitFloat({ type }: Schema, number: number, path: string): number {
  const kept = type === 'float32' ? Math.fround(number) : number
  if (!Number.isFinite(kept)) throw mismatch(path, `is out of the range of ${type}`)
  return number
}

function fitInteger(schema: Schema, json: unknown, path: string): number | bigint {
  if (typeof json === 'number' || typeof json === 'bigint') {
    if (typeof json === 'bigint' || (Number.isInteger(json) && !Number.isSafeInteger(json))) {
      throw mismatch(path, 'is beyond 2^53: send it as a string', { reason: 'unsafe_integer' })
    }
    if (!Number.isInteger(json)) throw mismatch(path, `must be an integer, not ${json}`)
  } else if (typeof json !== 'string' || !/^-?\d{1,19}$/.test(json)) {
    throw mismatch(path, `must be an integer, not ${describe(json)}`)
  }
  const value = BigInt(json)
  const [min, max] = integerRanges[schema.type] ?? [value, value]
  if (value < min || value > max) throw mismatch(path, `is out of the range of ${schema.type}`)
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** More digits than these a double does not keep for every decimal. */
const exactDigits = 15

function fitDecimal({ parameters = {} }: Schema, json: unknown, path: string): string {
  const text = typeof json === 'string' || typeof json === 'number' || typeof json === 'bigint' ? String(json) : ''
  const [, sign = '', whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? []
  const scale = Number(parameters['scale'] ?? 0)
  if (typeof json !== 'string' && significant(`${whole ?? ''}${fraction}`).length > exactDigits) {
    throw mismatch(path, `has more than ${exactDigits} digits: send it as a string`, { reason: 'unsafe_number' })
  }
  if (whole === undefined || fraction.replace(/0+$/, '').length > scale) {
    throw mismatch(path, `must be a decimal with at most ${scale} digits after the point, not ${describe(json)}`)
  }
  const digits = fraction.slice(0, scale).padEnd(scale, '0')
  const { 'connect.decimal.precision': precision, size } = parameters
  if (precision !== undefined && significant(`${whole}${digits}`).length > Number(precision)) {
    throw mismatch(path, `must be a decimal with at most ${precision} digits, not ${describe(json)}`)
  }
  if (size !== undefined && !fitsBytes(BigInt(`${sign}${whole}${digits}`), Number(size))) {
    throw mismatch(path, `must be a decimal of at most ${size} bytes, not ${describe(json)}`)
  }
  return `${sign}${whole}${scale > 0 ? `.${digits}` : ''}`
}

/** Digits without the zeros in front. */
const significant = (digits: string): string => digits.replace(/^0+/, '')

/** Whether an integer fits two's complement of so many bytes. */
const fitsBytes = (value: bigint, size: number): boolean => BigInt.asIntN(size * 8, value) === value

function fitString(schema: Schema, json: string, path: string): string {
  const allowed = schema.parameters?.['allowed']?.split(',')
  if (allowed && !allowed.includes(json)) throw mismatch(path, `must be one of ${allowed.join(', ')}, not "${json}"`)
  return json
}

function fitBytes(schema: Schema, json: string, path: string): Buffer {
  const bytes = Buffer.from(json, 'base64')
  if (bytes.toString('base64').replace(/=+$/, '') !== json.replace(/=+$/, '')) throw mismatch(path, 'must be base64')
  const size = schema.parameters?.['size']
  if (size !== undefined && bytes.length !== Number(size))
    throw mismatch(path, `must be ${size} bytes, not ${bytes.length}`)
  return bytes
}

function fitMap(schema: Schema, json: unknown, path: string): unknown {
  if (schema.keys && schema.keys.type !== 'string') return fitEntries(schema, json, path)
  if (!isObject(json)) throw mismatch(path, `must be an object, not ${describe(json)}`)
  const values = schema.values ?? anything
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [key, fit(values, value, path === '' ? key : `${path}.${key}`)]),
  )
}

/** A map whose keys are not strings: an array of `[key, value]`. */
function fitEntries({ keys = anything, values = anything }: Schema, json: unknown, path: string): unknown {
  if (!Array.isArray(json)) throw mismatch(path, `must be an array of [key, value], not ${describe(json)}`)
  return json.map((pair: unknown, index) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw mismatch(`${path}[${index}]`, 'must be [key, value]')
    return [fit(keys, pair[0], `${path}[${index}][0]`), fit(values, pair[1], `${path}[${index}][1]`)]
  })
}

function fitStruct(schema: Schema, json: unknown, path: string): unknown {
  if (!isObject(json)) throw mismatch(path, `must be an object, not ${describe(json)}`)
  const fields = schema.fields ?? []
  const result: Record<string, unknown> = {}
  for (const { name, schema: field } of fields) {
    result[name] = fit(
      field,
      Object.hasOwn(json, name) ? json[name] : undefined,
      path === '' ? name : `${path}.${name}`,
    )
  }
  const unknown = Object.keys(json).find((key) => !fields.some((field) => field.name === key))
  if (unknown !== undefined) throw mismatch(path === '' ? unknown : `${path}.${unknown}`, 'is not in the schema')
  return result
}

/** `{branch: value}` of one branch; others may be there as null. */
function fitUnion(schema: Schema, json: unknown, path: string): unknown {
  const fitted = fitStruct(schema, json, path) as Readonly<Record<string, unknown>>
  const [given, ...more] = Object.entries(fitted).filter(([, value]) => value !== null)
  if (given && more.length === 0) return Object.fromEntries([given])
  if (!given && schema.optional) return null
  const names = (schema.fields ?? []).map((field) => field.name).join(', ')
  throw mismatch(path, `must have one of ${names}${given ? ', not several' : ''}`)
}

const isObject = (json: unknown): json is Record<string, unknown> =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

const article = (schema: Schema): string => (/^[aeiou]/.test(schema.type) ? `an ${schema.type}` : `a ${schema.type}`)

function describe(json: unknown): string {
  if (typeof json === 'string') return `"${json.slice(0, 40)}"`
  if (Array.isArray(json)) return 'an array'
  return typeof json === 'object' ? 'an object' : `${json as number | bigint | boolean}`
}

function mismatch(path: string, problem: string, facts: Record<string, unknown> = {}): SchemaMismatchError {
  return new SchemaMismatchError(`${path === '' ? 'The message' : `"${path}"`} ${problem}.`, {
    context: { field: path, ...facts },
  })
}
