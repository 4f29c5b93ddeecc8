import type { OpenPartition, TopicPartition } from '#api'

/** As much of a topic's id as tells it from others: Kafka draws them at random. */
export const shortId = (id: string): string => id.slice(0, 11)

/** Whether a topic is another than before, as far as both ids are known. */
export const isOtherTopic = (id: string | undefined, former: string | undefined): boolean =>
  id !== undefined && former !== undefined && shortId(id) !== shortId(former)

export interface Opening extends OpenPartition {
  /** The topic was made anew: whatever the offsets say, it holds nothing of before. */
  readonly isAnew: boolean
}

/** What is opened, and with a topic that was made anew also those of its partitions that it has no more: none of what they held is left. */
export function withLost(
  opened: readonly OpenPartition[],
  known: readonly TopicPartition[],
  idOf: (topic: string) => string | undefined,
): readonly Opening[] {
  const anew = new Map<string, string | undefined>()
  for (const { topic, topicId } of opened) if (isOtherTopic(topicId, idOf(topic))) anew.set(topic, topicId)
  const opening = opened.map((at) => ({ ...at, isAnew: anew.has(at.topic) }))
  if (anew.size === 0) return opening
  const lost = known
    .filter((at) => anew.has(at.topic) && !opened.some((each) => isSame(each, at)))
    .map(({ topic, partition }) => ({ topic, partition, offset: 0n, topicId: anew.get(topic), isAnew: true }))
  return [...opening, ...lost]
}

const isSame = (a: TopicPartition, b: TopicPartition): boolean => a.topic === b.topic && a.partition === b.partition
