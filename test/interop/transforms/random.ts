/** Choices that only the seed decides. */
export interface Random {
  /** From 0 to below `limit`. */
  below(limit: number): number
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
  /** Some of them, in their order. */
  some<T>(items: readonly T[], probability: number): readonly T[]
}

export function createRandom(next: () => number): Random {
  const random: Random = {
    below: (limit) => Math.floor(next() * limit),
    chance: (probability) => next() < probability,
    pick<T>(items: readonly T[]): T {
      if (items.length === 0) throw new Error('There is nothing to pick from.')
      return items[random.below(items.length)] as T
    },
    some: (items, probability) => items.filter(() => next() < probability),
  }
  return random
}
