import type { Found, Moment } from '../delivery/pull-source.ts'
import { placeOf, type Standing, step } from '../delivery/standing.ts'
import { dominates, type Vector } from '../positions/vector.ts'

/** Messages of one channel, oldest first, each as JSON text with its position. */
export interface History {
  readonly items: readonly string[]
  /** There are, or may be, later ones. */
  readonly more: boolean
  /** Where to go on when there are. */
  readonly position: string | undefined
}

export interface PageBounds {
  /** The most messages. */
  readonly limit: number
  /** The most bytes of several messages. */
  readonly maxBytes: number
  /** The largest frame that the client takes. */
  readonly frameBytes: number
}

/** What is collected for one answer, and how far that is. */
export interface HistoryPage {
  /** Takes an item that is none of what lies behind. False: there is no room, and there is more. */
  add(found: Found): boolean
  /** All that lies behind. */
  place(): Vector
  /** It goes on from there; a position of it was told, where one is given. */
  goTo(place: Vector, told?: Moment): void
  /** Whether there is something to answer with. */
  hasMoved(): boolean
  history(more: boolean): History
}

/** What a frame has beside its items and its position. */
const envelopeBytes = 96

export function createHistoryPage(start: Vector, { limit, maxBytes, frameBytes }: PageBounds): HistoryPage {
  const standing: Standing = { base: start, stands: start }
  const items: string[] = []
  let bytes = envelopeBytes
  let told: Moment | undefined
  return {
    add(found) {
      const { item } = found
      const taken = step(standing, found)
      if (!taken || item.kind !== 'message') return true
      const { channel, key, data, epoch } = item
      const position = epoch.text() + taken.cursor
      const about = key === undefined ? '' : `,"key":${JSON.stringify(key)}`
      const write = (value: string): string => `{"channel":${channel.json}${about}${value},"position":"${position}"}`
      let text = write(data === undefined ? ',"deleted":true' : `,"data":${data}`)
      let size = Buffer.byteLength(text)
      if (envelopeBytes + size + position.length > frameBytes) {
        text = write(`,"oversize":${size}`)
        size = Buffer.byteLength(text)
      }
      const whole = bytes + size + 1 + position.length
      if (items.length > 0 && (items.length >= limit || whole > Math.min(maxBytes, frameBytes))) return false
      items.push(text)
      bytes += size + 1
      told = { epoch, cursor: taken.cursor }
      return true
    },
    place: () => placeOf(standing),
    goTo(place, moment) {
      standing.base = place
      standing.stands = place
      if (moment) told = moment
    },
    hasMoved: () => items.length > 0 || (told !== undefined && !dominates(start, placeOf(standing))),
    history: (more) => ({ items, more, position: more && told ? told.epoch.text() + told.cursor : undefined }),
  }
}
