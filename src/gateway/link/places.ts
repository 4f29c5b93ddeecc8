import type { OpenPartition, TopicPartition } from '#api'
import { isOtherTopic } from '../positions/topic-id.ts'
import type { Batch } from './batch-codec.ts'
import type { GateState } from './messages.ts'

/** How far a gate's stream came in each partition, so that it can go on there over another link. */
export interface Places {
  open(partitions: readonly OpenPartition[]): void
  knows(partition: TopicPartition): boolean
  passed(batch: Batch): void
  state(): GateState['partitions']
  clear(): void
}

interface Place {
  offset: bigint
  timestamp: number | undefined
  readonly topicId: string | undefined
}

export function createPlaces(): Places {
  const byTopic = new Map<string, Map<number, Place>>()
  const of = ({ topic, partition }: TopicPartition) => byTopic.get(topic)?.get(partition)
  const pass = (at: TopicPartition, offset: bigint, timestamp: number): void => {
    const place = of(at)
    if (!place || offset <= place.offset) return
    place.offset = offset
    place.timestamp = timestamp
  }
  return {
    open(partitions) {
      for (const { topic, partition, offset, timestampBefore, topicId } of partitions) {
        const known = byTopic.get(topic)
        const isAnew = [...(known?.values() ?? [])].some((place) => isOtherTopic(topicId, place.topicId))
        const ofTopic = known && !isAnew ? known : new Map<number, Place>()
        ofTopic.set(partition, { offset, timestamp: timestampBefore, topicId })
        byTopic.set(topic, ofTopic)
      }
    },
    knows: (partition) => of(partition) !== undefined,
    passed({ publications, progress }) {
      let former: object | undefined
      for (const { origin } of publications) {
        if (origin !== former) pass(origin, origin.offset + 1n, origin.timestamp)
        former = origin
      }
      for (const at of progress) pass(at, at.offset, at.timestamp)
    },
    state: () =>
      [...byTopic].flatMap(([topic, ofTopic]) =>
        [...ofTopic].map(([partition, { offset, timestamp, topicId }]) => ({
          topic,
          partition,
          offset,
          ...(timestamp === undefined ? {} : { timestamp }),
          ...(topicId === undefined ? {} : { topicId }),
        })),
      ),
    clear: () => byTopic.clear(),
  }
}
