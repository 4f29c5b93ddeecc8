import type { TopicPartition } from '#api'

export const partitionId = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`

/** Groups things by what `keyOf` says of them, in their order. */
export function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
