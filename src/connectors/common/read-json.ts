import { DataError, fromJson, messageOf, type Schema, SchemaMismatchError } from '#api'
import { parseExactly } from '../../util/exact-json.ts'

const maxDepth = 100

/** Parses JSON from outside; integers beyond 2^53 are bigints. Throws `DataError`. */
export function readJson(text: string): unknown {
  try {
    return parseExactly(text)
  } catch (error) {
    throw new DataError(`The message is not JSON: ${messageOf(error)}.`, {
      cause: error,
      context: { reason: 'bad_json' },
    })
  }
}

/**
 * Fits parsed JSON to the schema; without one it only refuses what could not be kept: integers beyond 2^53, numbers that
 * parsing made infinite, and nesting that later steps could not follow. Null is refused either way: it would delete the key.
 * Throws `DataError`, for a misfit `SchemaMismatchError` with the field.
 */
export function fitMessage(schema: Schema | undefined, json: unknown): unknown {
  if (json === null) throw mismatch('', 'must not be null')
  try {
    if (schema) return fromJson(schema, json)
    checkFree(json, '', 0)
    return json
  } catch (error) {
    if (error instanceof RangeError) throw mismatch('', 'is nested too deeply')
    throw error
  }
}

/** Fits a key that was made as text; integers may be text, so a key of any scalar type can be had. */
export function fitKey(schema: Schema | undefined, key: string | null): unknown {
  if (!schema || key === null) return key
  try {
    return schema.type === 'boolean' && /^(true|false)$/.test(key) ? key === 'true' : fromJson(schema, key)
  } catch (error) {
    throw new SchemaMismatchError(`The key does not fit: ${messageOf(error)}`, {
      cause: error,
      context: { field: 'key' },
    })
  }
}

function checkFree(json: unknown, path: string, depth: number): void {
  if (depth > maxDepth) throw mismatch(path, `is nested more than ${maxDepth} levels deep`)
  if (typeof json === 'bigint') {
    throw mismatch(path, 'is beyond 2^53: send it as a string', { reason: 'unsafe_integer' })
  }
  if (json === Number.POSITIVE_INFINITY || json === Number.NEGATIVE_INFINITY) {
    throw mismatch(path, 'is larger than a number can be: send it as a string', { reason: 'unsafe_number' })
  }
  if (typeof json !== 'object' || json === null) return
  for (const [name, value] of Object.entries(json)) {
    // What cannot be at fault makes no path: this runs over whole messages.
    if (typeof value === 'number' ? Number.isFinite(value) : typeof value !== 'object' && typeof value !== 'bigint')
      continue
    checkFree(value, path === '' ? name : `${path}.${name}`, depth + 1)
  }
}

function mismatch(path: string, problem: string, facts: Record<string, unknown> = {}): SchemaMismatchError {
  return new SchemaMismatchError(`${path === '' ? 'The message' : `"${path}"`} ${problem}.`, {
    context: { field: path, ...facts },
  })
}
