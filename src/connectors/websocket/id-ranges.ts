export interface IdRanges {
  has(id: number): boolean
  add(id: number): void
  remove(id: number): void
  /** -1 when there is none. */
  highest(): number
  /** Such as `1-5,7`, lowest first. */
  text(): string
}

/** A set of integers as ranges, so that ids in a row cost nothing; beyond `max` ranges the lowest is forgotten. */
export function createIdRanges(max: number, text = ''): IdRanges {
  /** First and last of each, lowest first. */
  const ranges = parse(text).slice(-max)
  /** The last range that begins at or below the id: most ids are the highest, so it is looked for from above. */
  const below = (id: number): number => ranges.findLastIndex(([first]) => first <= id)
  const bound = (): void => {
    if (ranges.length > max) ranges.shift()
  }

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
      bound()
    },
    remove(id) {
      const at = below(id)
      const range = ranges[at]
      if (!range || id > range[1]) return
      const [first, last] = range
      const left: [number, number][] = [
        [first, id - 1],
        [id + 1, last],
      ]
      ranges.splice(at, 1, ...left.filter(([from, to]) => from <= to))
      bound()
    },
    highest: () => ranges.at(-1)?.[1] ?? -1,
    text: () => ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(','),
  }
}

/** What is no list of growing ranges counts as empty: somebody else wrote it. */
function parse(text: string): [number, number][] {
  const ranges: [number, number][] = []
  for (const part of text.split(',')) {
    const match = /^(\d{1,16})(?:-(\d{1,16}))?$/.exec(part)
    if (!match) return []
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])]
    if (last < first || last > Number.MAX_SAFE_INTEGER || first <= (ranges.at(-1)?.[1] ?? -1)) return []
    ranges.push([first, last])
  }
  return ranges
}
