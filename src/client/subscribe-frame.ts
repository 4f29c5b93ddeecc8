import { type Entry, positionOf, wantsSnapshot } from './entry.ts'
import type { ClientFrame } from './frames.ts'

/** After so many deltas that did not fit whole texts are asked for. */
const mostMisfits = 3

/** What a subscription asks for, the first time as after a break. */
export function subscribeFrame(entry: Entry, id: number, token: string | undefined): ClientFrame {
  const { channel, options, terms } = entry
  const { from, delivery, window } = options
  const position = positionOf(entry)
  const { maxRate, maxBandwidth } = terms
  // With a position it continues as it was; what was changed meanwhile is told right behind it.
  const { filter, bbox } = entry.held ?? terms
  return {
    type: 'subscribe',
    id,
    channel,
    token,
    position,
    from: position === undefined ? from : undefined,
    snapshot: wantsSnapshot(entry) || options.snapshot,
    delivery,
    window,
    delta: entry.misfits < mostMisfits ? options.delta : undefined,
    filter: filter ?? undefined,
    bbox: bbox ?? undefined,
    maxRate,
    maxBandwidth,
  }
}
