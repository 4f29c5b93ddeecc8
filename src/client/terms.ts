/** `every`: all messages. `latest`: what a newer message of the same key replaced is left out. `batch`: that comes as a list. */
export type Delivery = 'every' | 'latest' | 'batch'

/** Least and greatest of the first field, least and greatest of the second: `[minLat, maxLat, minLong, maxLong]`. */
export type Box = readonly [number, number, number, number]

/** What of a subscription can be changed while it is there. */
export interface Adjustable {
  /** An expression over `key`, `channel` and `value`; null: none. */
  readonly filter?: string | null | undefined
  /** Over the two fields that the connector declared; null: none. */
  readonly bbox?: Box | null | undefined
  /** Messages a second. */
  readonly maxRate?: number | undefined
  /** Bytes a second. */
  readonly maxBandwidth?: number | undefined
}

/** The terms after a change of some of them. */
export function adjust(terms: Adjustable, changes: Adjustable): Adjustable {
  const changed = Object.entries(changes).filter(([, value]) => value !== undefined)
  return { ...terms, ...Object.fromEntries(changed) }
}
