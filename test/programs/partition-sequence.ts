/** Judges numbers that were written to the partitions in turn: each partition's come in order, each once. */
export function createSequence(partitions: number) {
  const next: (number | undefined)[] = Array.from({ length: partitions }, () => undefined)
  let [count, gaps, repeats] = [0, 0, 0]
  return {
    take(seq: number): void {
      const partition = seq % partitions
      const expected = next[partition] ?? seq
      count++
      if (seq > expected) gaps++
      if (seq < expected) repeats++
      next[partition] = Math.max(expected, seq + partitions)
    },
    count: () => count,
    gaps: () => gaps,
    repeats: () => repeats,
    isWhole: (last: number): boolean => gaps + repeats === 0 && next.every((each) => each !== undefined && each > last),
  }
}
