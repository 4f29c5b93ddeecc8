const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low = Number.NaN, high = low] =
    sorted.length % 2 === 0 ? sorted.slice(middle - 1, middle + 1) : sorted.slice(middle)
  return sorted.length % 2 === 0 ? (low + high) / 2 : low
}

/** The median of each figure over all rounds. */
function medians<F extends Readonly<Record<string, number>>>(rounds: readonly F[]): F {
  const names = Object.keys(rounds[0] ?? {})
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name] ?? Number.NaN))])) as F
}

/**
 * Runs each variant once in each round, beginning with another one each time, so that a machine that is busy with something else
 * hits all alike; answers each variant's medians.
 */
export async function interleave<V extends string, F extends Readonly<Record<string, number>>>(
  variants: readonly V[],
  rounds: number,
  run: (variant: V, round: number) => Promise<F>,
): Promise<Readonly<Record<V, F>>> {
  const figures = new Map<V, F[]>(variants.map((variant) => [variant, []]))
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < variants.length; turn++) {
      const variant = variants[(round + turn) % variants.length] as V
      figures.get(variant)?.push(await run(variant, round))
    }
  }
  return Object.fromEntries([...figures].map(([variant, each]) => [variant, medians(each)])) as Record<V, F>
}
