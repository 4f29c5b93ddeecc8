import type { Entry } from './entry.ts'
import { applyDelta } from './fossil.ts'
import type { MessageFrame } from './frames.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** What a message holds; of a delta what it makes of the message before. Throws when the delta does not fit. */
export function dataOf(entry: Entry, { data, delta }: MessageFrame): unknown {
  if (delta === undefined) return data
  if (typeof data !== 'string') return undefined
  if (!delta) {
    entry.base = encoder.encode(data)
    return JSON.parse(data)
  }
  if (!entry.base) throw new RangeError('The delta has no base.')
  const made = applyDelta(entry.base, encoder.encode(data))
  const value: unknown = JSON.parse(decoder.decode(made))
  entry.base = made
  return value
}
