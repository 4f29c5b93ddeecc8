import { isPattern } from '../channels.ts'
import type { Stream } from '../stream.ts'
import type { Vector } from './vector.ts'

/** Whether all that was published on these channels after a position is in the window: nothing has to be read back for it. */
export function isHere(stream: Stream, channels: readonly string[], base: Vector): boolean {
  const { window } = stream
  if (window.covers(base)) return true
  return channels.every((name) => {
    const view = stream.channels.get(name)?.view
    // What left of a pattern is known once somebody has it.
    return (view !== undefined || !isPattern(name)) && window.departures.isBehind(base, view?.departed ?? name)
  })
}
