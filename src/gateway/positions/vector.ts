/** How far a stream has come: the state that a position stands for. Partitions are named by their index in the stream. */
export interface Vector {
  /** Every record below this offset is behind; a missing partition stands at 0. */
  readonly next: readonly number[]
  /** Inside the record at `next`, the parts up to this path are behind too. */
  readonly paths: ReadonlyMap<number, readonly number[]>
}

export const noPaths: ReadonlyMap<number, readonly number[]> = new Map()

/** Split paths in the order in which a split makes them; the whole comes before its parts. */
export function comparePaths(a: readonly number[], b: readonly number[]): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Whether a part of a record is behind the vector. */
export function isBehind(vector: Vector, partition: number, offset: number, path: readonly number[]): boolean {
  const next = vector.next[partition] ?? 0
  if (offset !== next) return offset < next
  const reached = vector.paths.get(partition)
  return reached !== undefined && comparePaths(path, reached) <= 0
}

/** Whether all that is behind `b` is behind `a` too. */
export function dominates(a: Vector, b: Vector): boolean {
  for (let i = 0; i < b.next.length; i++) if (compareAt(a, b, i) < 0) return false
  return true
}

/** The least vector that has behind it what is behind either. */
export function join(a: Vector, b: Vector): Vector {
  const next: number[] = []
  const paths = new Map<number, readonly number[]>()
  for (let i = 0; i < Math.max(a.next.length, b.next.length); i++) {
    const ahead = compareAt(a, b, i) >= 0 ? a : b
    next.push(ahead.next[i] ?? 0)
    const path = ahead.paths.get(i)
    if (path) paths.set(i, path)
  }
  return { next, paths }
}

/** The greatest vector that is behind both. */
export function meet(a: Vector, b: Vector): Vector {
  const next: number[] = []
  const paths = new Map<number, readonly number[]>()
  for (let i = 0; i < Math.max(a.next.length, b.next.length); i++) {
    const behind = compareAt(a, b, i) <= 0 ? a : b
    next.push(behind.next[i] ?? 0)
    const path = behind.paths.get(i)
    if (path) paths.set(i, path)
  }
  return { next, paths }
}

function compareAt(a: Vector, b: Vector, index: number): number {
  const difference = (a.next[index] ?? 0) - (b.next[index] ?? 0)
  if (difference !== 0) return difference
  const [pathA, pathB] = [a.paths.get(index), b.paths.get(index)]
  if (pathA && pathB) return comparePaths(pathA, pathB)
  return (pathA ? 1 : 0) - (pathB ? 1 : 0)
}
