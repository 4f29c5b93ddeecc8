import type { TopicIds } from './topic-ids.ts'

/** The ids of the topics that are read, as far as they are known. */
export interface KnownIds {
  of(topic: string): string | undefined
  /** The topics that are others, by what was told, than those that were known under their names. */
  changed(told: TopicIds): readonly string[]
  learn(told: TopicIds): void
  /** Knows no others any more. */
  keep(topics: readonly string[]): void
}

interface Known {
  readonly id: string
  /** No topic ever gets it again: a broker that tells it has not heard of the new one yet. */
  readonly former: string | undefined
}

export function createKnownIds(
  starts: readonly { readonly topic: string; readonly topicId?: string | undefined }[],
): KnownIds {
  const known = new Map<string, Known>()
  const isOther = (topic: string, id: string): boolean => {
    const last = known.get(topic)
    return last !== undefined && last.id !== id && last.former !== id
  }
  const ids: KnownIds = {
    of: (topic) => known.get(topic)?.id,
    changed: (told) => [...(told ?? [])].filter(([topic, id]) => isOther(topic, id)).map(([topic]) => topic),
    learn(told) {
      for (const [topic, id] of told ?? [])
        if (!known.has(topic) || isOther(topic, id)) known.set(topic, { id, former: known.get(topic)?.id })
    },
    keep(topics) {
      for (const topic of known.keys()) if (!topics.includes(topic)) known.delete(topic)
    },
  }
  ids.learn(new Map(starts.flatMap(({ topic, topicId }) => (topicId === undefined ? [] : [[topic, topicId] as const]))))
  return ids
}
