import { DataError, type Schema, type SchemaAndValue } from '#api'
import { stringifyExactly } from '../exact-json.ts'
import { aligned, commonSchema, emptyArray, emptyMap } from './align.ts'
import { isDigit, parseNumber } from './number.ts'
import { millisOf, schemaOf } from './schemas.ts'
import { parseTemporal } from './temporal.ts'
import { type Tokens, tokensOf, trim } from './tokens.ts'

/** Deeper nesting is text. */
const maxDepth = 500

const nothing: SchemaAndValue = { value: null }
const literals: readonly (readonly [string, SchemaAndValue])[] = [
  ['null', nothing],
  ['true', { schema: schemaOf('boolean'), value: true }],
  ['false', { schema: schemaOf('boolean'), value: false }],
]

/**
 * The value and schema that Connect infers from a text: booleans, null, the narrowest number, ISO dates and times, and arrays and
 * maps of those; text that is none of them stays text. Arrays whose elements have no type in common have no schema of their elements.
 */
export function parseConnectValue(text: string): SchemaAndValue {
  const asText: SchemaAndValue = { schema: schemaOf('string'), value: text }
  if (text === '') return asText
  const tokens = tokensOf(text)
  const literal = takeLiteral(tokens, false)
  if (literal) return literal
  const start = tokens.mark()
  try {
    const container = takeContainer(tokens, 0)
    if (container) return container
  } catch (error) {
    if (!DataError.is(error)) throw error
    tokens.rewindTo(start)
  }
  const token = tokens.next()
  if (trim(token) === '') return { schema: schemaOf('string'), value: token }
  return takeSimple(tokens, trim(token)) ?? asText
}

/** At the top the word must be all there is. */
function takeLiteral(tokens: Tokens, embedded: boolean): SchemaAndValue | undefined {
  for (const [word, value] of literals) {
    const start = tokens.mark()
    if (tokens.take(word) && (embedded || !tokens.hasNext())) return value
    tokens.rewindTo(start)
  }
  return undefined
}

function takeContainer(tokens: Tokens, depth: number): SchemaAndValue | undefined {
  if (tokens.take('[')) return takeArray(tokens, depth)
  return tokens.take('{') ? takeMap(tokens, depth) : undefined
}

function takeSimple(tokens: Tokens, token: string): SchemaAndValue | undefined {
  const first = token.charAt(0)
  if (!isDigit(first)) return first === '+' || first === '-' ? parseNumber(token) : undefined
  // Unescaped colons have split a time into five tokens.
  const start = tokens.mark()
  const rest = tokens.nextOf(4)
  const temporal = rest === undefined ? undefined : parseTemporal(token + rest)
  if (temporal) return temporal
  tokens.rewindTo(start)
  return parseTemporal(token) ?? parseNumber(token)
}

function takeElement(tokens: Tokens, depth: number): SchemaAndValue {
  if (depth > maxDepth) throw new DataError(`The value is nested deeper than ${maxDepth}.`)
  if (!tokens.hasNext()) return nothing
  if (tokens.take('"')) return takeQuoted(tokens)
  const found = takeLiteral(tokens, true) ?? takeContainer(tokens, depth)
  if (found) return found
  const token = tokens.next()
  if (trim(token) === '') return { schema: schemaOf('string'), value: token }
  const simple = takeSimple(tokens, trim(token))
  if (!simple) throw new DataError(`"${token.slice(0, 40)}" is no value.`)
  return simple
}

/** Escapes stay as they are written; a date or time in quotes is one all the same. */
function takeQuoted(tokens: Tokens): SchemaAndValue {
  let content = ''
  while (tokens.hasNext() && !tokens.take('"')) content += tokens.next()
  return parseTemporal(content) ?? { schema: schemaOf('string'), value: content }
}

function takeArray(tokens: Tokens, depth: number): SchemaAndValue {
  const items: SchemaAndValue[] = []
  while (tokens.hasNext()) {
    if (tokens.take(']')) return arrayOf(items)
    if (tokens.take(',')) throw new DataError('An element of the array is empty.')
    items.push(takeElement(tokens, depth + 1))
    const end = tokens.mark()
    if (tokens.take(']')) tokens.rewindTo(end)
    else if (!tokens.take(',')) throw new DataError('The elements of the array are not separated by commas.')
  }
  throw new DataError('The array does not end.')
}

function arrayOf(items: readonly SchemaAndValue[]): SchemaAndValue {
  const values = commonSchema(items)
  if (items.length === 0) return { schema: emptyArray, value: [] }
  if (!values) return { schema: { type: 'array' }, value: items.map((item) => item.value) }
  return { schema: { type: 'array', values }, value: items.map((item) => aligned(values, item)) }
}

type Entry = readonly [SchemaAndValue, SchemaAndValue]

function takeMap(tokens: Tokens, depth: number): SchemaAndValue {
  const keys: SchemaAndValue[] = []
  const values: SchemaAndValue[] = []
  while (tokens.hasNext()) {
    if (tokens.take('}')) return mapOf(keys, values)
    if (tokens.take(',')) throw new DataError('An entry of the map is empty.')
    const key = takeElement(tokens, depth + 1)
    if (key.value === null) throw new DataError('A key of the map is null.')
    if (!tokens.take(':')) throw new DataError('An entry of the map has no colon.')
    keys.push(key)
    values.push(takeElement(tokens, depth + 1))
    tokens.take(',')
  }
  throw new DataError('The map does not end.')
}

function mapOf(allKeys: readonly SchemaAndValue[], allValues: readonly SchemaAndValue[]): SchemaAndValue {
  const kept = unique(allKeys.map((key, at) => [key, allValues[at] ?? nothing]))
  const keys = commonSchema(allKeys)
  const all = keys && commonSchema(allValues)
  // What a later value of the same key replaced widens numbers, but is not within lists that are gone.
  const isContainer = all?.type === 'array' || all?.type === 'map'
  const values = isContainer ? (commonSchema(kept.map(([, value]) => value)) ?? all) : all
  const entries = kept.map<Entry>(([key, value]) => [
    keys ? { schema: keys, value: aligned(keys, key) } : key,
    values ? { schema: values, value: aligned(values, value) } : value,
  ])
  const pairs = unique(entries).map(([key, { value }]) => [key.value, value] as const)
  const schema: Schema =
    pairs.length === 0 ? emptyMap : { type: 'map', ...(keys && { keys }), ...(values && { values }) }
  const named = keys?.type === 'string' || pairs.length === 0
  return { schema, value: named ? Object.fromEntries(pairs) : pairs }
}

/** The last value of a key, in the first one's place. */
function unique(entries: readonly Entry[]): readonly Entry[] {
  const byKey = new Map<string, Entry>()
  for (const [key, value] of entries) {
    const millis = millisOf(key.schema, key.value)
    const text = Object.is(key.value, -0) ? '-0' : stringifyExactly(millis ?? key.value)
    const id = `${millis === undefined ? (key.schema?.type ?? '') : 'time'} ${text}`
    byKey.set(id, [byKey.get(id)?.[0] ?? key, value])
  }
  return [...byKey.values()]
}
