/** Counts of a few kinds of events; the kinds come from the gate's tables, never from clients. */
export interface Tally {
  add(kind: string): void
  counts(): Readonly<Record<string, number>>
}

export function createTally(): Tally {
  const counts = new Map<string, number>()
  return {
    add: (kind) => void counts.set(kind, (counts.get(kind) ?? 0) + 1),
    counts: () => Object.fromEntries(counts),
  }
}
