import { RE2JS } from 're2js'
import { DataError, messageOf } from '#api'

/** Compiled patterns that are kept; a pattern may come from a record. */
const maxKept = 100
const maxPattern = 1000
const kept = new Map<string, RE2JS>()

/** Whether the text holds a match of an RE2 pattern; the time it takes grows with the text alone. Throws `DataError` for a pattern that is none. */
export function fits(text: string, pattern: string): boolean {
  return compiled(pattern).matcher(text).find()
}

function compiled(pattern: string): RE2JS {
  const known = kept.get(pattern)
  if (known) return known
  if (pattern.length > maxPattern) throw new DataError(`A pattern for "fits" has ${maxPattern} characters at most.`)
  try {
    const made = RE2JS.compile(pattern)
    if (kept.size >= maxKept) kept.clear()
    kept.set(pattern, made)
    return made
  } catch (error) {
    throw new DataError(`"${pattern}" is no pattern that "fits" takes: ${messageOf(error)}`, { cause: error })
  }
}
