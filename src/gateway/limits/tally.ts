/** Counts of a few kinds of events; the kinds come from the gate's tables, never from clients. */
export interface Tally {
  add(kind: string): void
  counts(): Readonly<Record<string, number>>
}

/** `kinds` are there from the beginning, so that a rate can be told from the first event on. */
export function createTally(kinds: readonly string[]): Tally {
  const counts = new Map<string, number>(kinds.map((kind) => [kind, 0]))
  return {
    add: (kind) => void counts.set(kind, (counts.get(kind) ?? 0) + 1),
    counts: () => Object.fromEntries(counts),
  }
}
