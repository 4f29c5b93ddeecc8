import type { Publication } from '#api'
import type { Tracker } from '../positions/tracker.ts'
import { comparePaths } from '../positions/vector.ts'

export interface PartsOptions {
  readonly tracker: Tracker
  /** There are several templates: a part of a record may reach several channels, and their order becomes part of its path. */
  readonly isManifold: boolean
  readonly now: number
  /** A record begins, or goes on. */
  readonly onRecord?: ((publication: Publication) => void) | undefined
}

/** Takes publications up in the order of their records, each with the whole path of its part; those behind the tracker are passed over. */
export function eachPart(
  publications: readonly Publication[],
  { tracker, isManifold, now, onRecord }: PartsOptions,
  put: (publication: Publication, path: readonly number[]) => void,
): void {
  let formerPath: readonly number[] | undefined
  let ordinal = 0
  /** The channels that the part of a record under way has come to. */
  const reached = new Set<string>()
  for (const publication of publications) {
    const { origin, path } = publication
    const [index, offset] = [tracker.index, tracker.offset]
    if (!tracker.begin(origin, now)) continue
    onRecord?.(publication)
    if (!isManifold) {
      put(publication, path)
      continue
    }
    const isSame =
      formerPath !== undefined &&
      tracker.index === index &&
      tracker.offset === offset &&
      comparePaths(formerPath, path) === 0
    if (!isSame) reached.clear()
    ordinal = isSame ? ordinal + 1 : 0
    formerPath = path
    // Two templates made the same channel of it.
    if (reached.has(publication.channel)) continue
    reached.add(publication.channel)
    put(publication, [...path, ordinal])
  }
  tracker.finish()
}
