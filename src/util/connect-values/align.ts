import { DataError, logicalNames, type Schema, type SchemaAndValue, type SchemaType } from '#api'
import { exact, millisOf, millisPerDay } from './schemas.ts'

/** Each number type holds, as Java sees it, those before it. */
const widening: readonly SchemaType[] = ['int8', 'int16', 'int32', 'int64', 'float32', 'float64']

/** Of an array or map without elements: it goes with every other. */
export const emptyArray: Schema = { type: 'array' }
export const emptyMap: Schema = { type: 'map' }

/**
 * One schema for all of them: the widest number type, else the last of one type; undefined where they have none in common.
 * What is null says nothing.
 */
export function commonSchema(items: readonly SchemaAndValue[]): Schema | undefined {
  let common: Schema | undefined
  for (const { schema } of items) {
    if (!schema) continue
    common = common === undefined ? schema : merged(common, schema)
    if (common === undefined) return undefined
  }
  return common
}

function merged(first: Schema, second: Schema): Schema | undefined {
  if (first.type !== second.type) {
    const ranks = [widening.indexOf(first.type), widening.indexOf(second.type)] as const
    if (ranks[0] < 0 || ranks[1] < 0) return undefined
    return ranks[0] > ranks[1] ? first : second
  }
  if (first === emptyArray || first === emptyMap) return second
  if (second === emptyArray || second === emptyMap) return first
  // Java takes the last one, which the others' elements may not fit.
  if (first.type !== 'array' && first.type !== 'map') return second
  const keys = first.keys && second.keys && merged(first.keys, second.keys)
  const values = first.values && second.values && merged(first.values, second.values)
  return { type: first.type, ...(keys && { keys }), ...(values && { values }) }
}

/** The value of one element as the common schema has it. Throws `DataError` where Java cannot either. */
export function aligned(target: Schema, { schema, value }: SchemaAndValue): unknown {
  if (value === null) throw new DataError('Unable to convert a null value to a schema that requires a value')
  if (target === schema) return value
  const { values } = target
  if (target.type === 'array' && values && Array.isArray(value)) {
    return value.map((item: unknown) => aligned(values, { schema: schema?.values, value: item }))
  }
  if (target.type === 'map') return alignedMap(target, schema, value as object)
  if (!widening.includes(target.type)) return value
  const millis = millisOf(schema, value)
  const number = value as number | bigint
  switch (target.name ?? '') {
    case logicalNames.date:
      return millis === undefined ? number : Math.floor(Number(millis) / millisPerDay)
    case logicalNames.time:
      if (millis === undefined && (number < 0 || number > millisPerDay)) {
        throw new DataError(`${number} is no time of a day in milliseconds.`)
      }
      return millis === undefined ? number : exact(millis)
    case logicalNames.timestamp:
      return millis === undefined ? number : exact(millis)
    default:
      if (millis !== undefined) throw new DataError(`A ${schema?.name} is no ${target.type}.`)
      if (target.type === 'float32') return Math.fround(Number(number))
      return target.type === 'float64' ? Number(number) : number
  }
}

/** Its entries each on their own: where keys have nothing in common, values may. */
function alignedMap({ keys, values }: Schema, from: Schema | undefined, map: object): unknown {
  const part = (target: Schema | undefined, schema: Schema | undefined, value: unknown) =>
    target && schema ? aligned(target, { schema, value }) : value
  const align = ([key, value]: readonly [unknown, unknown]) =>
    [part(keys, from?.keys, key), part(values, from?.values, value)] as const
  if (Array.isArray(map)) return map.map((pair) => align(pair as [unknown, unknown]))
  return Object.fromEntries(Object.entries(map).map(align))
}
