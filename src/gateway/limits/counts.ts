/** How many of each there are now. */
export interface Counts {
  /** 0: no bound, and nothing is counted. */
  readonly most: number
  /** False: there are as many of it as there may be. */
  enter(key: string): boolean
  leave(key: string): void
  of(key: string): number
  /** Of how many there is any. */
  size(): number
  all(): Iterable<readonly [key: string, count: number]>
}

const nowhere = (): number => 0

/** `elsewhere`: how many of it others have, which count too. */
export function createCounts(most: number, elsewhere: (key: string) => number = nowhere): Counts {
  const counts = new Map<string, number>()
  return {
    most,
    enter(key) {
      if (most === 0) return true
      const count = counts.get(key) ?? 0
      if (count + elsewhere(key) >= most) return false
      counts.set(key, count + 1)
      return true
    },
    leave(key) {
      const count = counts.get(key)
      if (count === undefined) return
      if (count > 1) counts.set(key, count - 1)
      else counts.delete(key)
    },
    of: (key) => counts.get(key) ?? 0,
    size: () => counts.size,
    all: () => counts,
  }
}
