import type { SinkAttachment } from '#api'
import { type Refusal, refuse } from './codes.ts'
import type { Granted } from './protocol.ts'
import type { Delivery, NamespaceSettings } from './settings.ts'

/** What a client asks of a subscription. */
export interface Asked {
  readonly snapshot?: boolean | undefined
  readonly delivery?: Delivery | undefined
  /** Messages, and bytes, a second. */
  readonly maxRate?: number | undefined
  readonly maxBandwidth?: number | undefined
  /** ACK mode: the most messages unacknowledged. */
  readonly window?: number | undefined
  readonly delta?: 'fossil' | undefined
  readonly filter?: string | undefined
  readonly bbox?: Granted['bbox'] | undefined
}

/** What an `update` asks: null takes away. */
export interface TermsChange extends Pick<Asked, 'maxRate' | 'maxBandwidth'> {
  readonly filter?: string | null | undefined
  readonly bbox?: Granted['bbox'] | null | undefined
}

/** What is asked in all after a change. */
export const changed = (terms: Terms, { filter, bbox, maxRate, maxBandwidth }: TermsChange): Asked => ({
  ...terms,
  filter: filter === undefined ? terms.filter : (filter ?? undefined),
  bbox: bbox === undefined ? terms.bbox : (bbox ?? undefined),
  maxRate: maxRate ?? terms.maxRate,
  maxBandwidth: maxBandwidth ?? terms.maxBandwidth,
})

/** What it was granted of that, as `subscribed` tells. */
export type Terms = Granted

export interface GrantOptions {
  readonly rules: NamespaceSettings
  readonly attachment: Pick<SinkAttachment, 'delivery' | 'box'>
  /** The channel is a pattern. */
  readonly isWild: boolean
}

/** What of it is granted: bounds are put on numbers; what is not allowed at all, or does not go together, is refused. */
export function grant(asked: Asked, { rules, attachment, isWild }: GrantOptions): Terms | Refusal {
  const { snapshot = false, window, delta, filter, bbox } = asked
  const delivery = asked.delivery ?? attachment.delivery ?? standardOf(rules)
  const no = (field: string, message: string): Refusal => refuse('unsupported', message, { field })
  const apart = (field: string, other: string): Refusal =>
    refuse('bad_request', `"${field}" does not go with ${other}.`, { field })
  if (!rules.deliveries.includes(delivery))
    return no('delivery', `Here "delivery" is one of ${rules.deliveries.join(', ')}.`)
  if (snapshot && !rules.snapshots) return no('snapshot', 'There are no snapshots here.')
  if (isWild && !rules.wildcards) return no('channel', 'A channel may not be a pattern here.')
  if ((filter !== undefined || bbox) && !rules.filters)
    return no(bbox ? 'bbox' : 'filter', 'There are no filters here.')
  if (bbox && !attachment.box) return no('bbox', 'The connector has not declared the fields of a box.')
  if (window !== undefined && rules['max.window'] === 0) return no('window', 'There is no ACK mode here.')
  if (window !== undefined && delivery !== 'every') return apart('window', `delivery ${delivery}`)
  if (delta && !rules.delta) return no('delta', 'There are no deltas here.')
  if (delta && delivery !== 'every') return apart('delta', `delivery ${delivery}`)
  if (delta && (isWild || filter !== undefined || bbox)) return apart('delta', 'a pattern, a filter or a box')
  const maxRate = least(asked.maxRate, rules['max.rate'])
  const maxBandwidth = least(asked.maxBandwidth, rules['max.bandwidth'])
  return {
    snapshot,
    delivery,
    ...(maxRate === undefined ? {} : { maxRate }),
    ...(maxBandwidth === undefined ? {} : { maxBandwidth }),
    ...(window === undefined ? {} : { window: Math.min(window, rules['max.window']) }),
    ...(delta ? { delta } : {}),
    ...(filter === undefined ? {} : { filter }),
    ...(bbox ? { bbox } : {}),
  }
}

/** What who asks for nothing gets: `every`, or where it is not to be had the first that is. */
const standardOf = ({ deliveries }: NamespaceSettings): Delivery =>
  deliveries.includes('every') ? 'every' : (deliveries[0] ?? 'every')

/** `bound` 0: none. */
function least(asked: number | undefined, bound: number): number | undefined {
  if (bound === 0) return asked
  return asked === undefined ? bound : Math.min(asked, bound)
}
