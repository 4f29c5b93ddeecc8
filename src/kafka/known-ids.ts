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
  /** How often in a row it was told since: then the other one came from a broker that had not heard. */
  readonly doubts: number
}

const mostDoubts = 2

export function createKnownIds(
  starts: readonly { readonly topic: string; readonly topicId?: string | undefined }[],
): KnownIds {
  const known = new Map<string, Known>()
  const isOther = (topic: string, id: string): boolean => {
    const last = known.get(topic)
    return last !== undefined && last.id !== id && (last.former !== id || last.doubts >= mostDoubts)
  }
  const ids: KnownIds = {
    of: (topic) => known.get(topic)?.id,
    changed: (told) => [...(told ?? [])].filter(([topic, id]) => isOther(topic, id)).map(([topic]) => topic),
    learn(told) {
      for (const [topic, id] of told ?? []) {
        const last = known.get(topic)
        if (!last || isOther(topic, id)) known.set(topic, { id, former: last?.id, doubts: 0 })
        else known.set(topic, { ...last, doubts: last.id === id ? 0 : last.doubts + 1 })
      }
    },
    keep(topics) {
      for (const topic of known.keys()) if (!topics.includes(topic)) known.delete(topic)
    },
  }
  ids.learn(new Map(starts.flatMap(({ topic, topicId }) => (topicId === undefined ? [] : [[topic, topicId] as const]))))
  return ids
}
