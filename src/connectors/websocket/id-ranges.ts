export interface IdRanges {
  has(id: number): boolean
  add(id: number): void
}

/** A set of integers as ranges, so that ids in a row cost nothing; beyond `max` ranges the lowest is forgotten. */
export function createIdRanges(max: number): IdRanges {
  /** First and last of each, lowest first. */
  const ranges: [number, number][] = []
  /** The last range that begins at or below the id: most ids are the highest, so it is looked for from above. */
  const below = (id: number): number => ranges.findLastIndex(([first]) => first <= id)

  return {
    has(id) {
      const range = ranges[below(id)]
      return range !== undefined && id <= range[1]
    },
    add(id) {
      const at = below(id)
      const [before, after] = [ranges[at], ranges[at + 1]]
      if (before && id <= before[1]) return
      const first = before && before[1] === id - 1 ? before[0] : id
      const last = after && after[0] === id + 1 ? after[1] : id
      ranges.splice(at + Number(first === id), Number(first !== id) + Number(last !== id), [first, last])
      if (ranges.length > max) ranges.shift()
    },
  }
}
