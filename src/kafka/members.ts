import type { Consumer, ConsumerConfig } from 'kafkajs'
import type { TopicPartition } from '#api'
import { groupBy } from './partition-map.ts'
import type { ClientSettings } from './read-props.ts'

/** What kafkajs is told of a member of a group. */
export function toConsumerConfig(groupId: string, { consumer, connection }: ClientSettings): ConsumerConfig {
  return {
    groupId,
    allowAutoTopicCreation: false,
    // A rejoin waits for the fetch that is under way.
    maxWaitTimeInMs: consumer['fetch.max.wait.ms'],
    // With 0 the broker answers at once when there is nothing, and is asked again without a pause.
    minBytes: Math.max(1, consumer['fetch.min.bytes']),
    maxBytes: consumer['fetch.max.bytes'],
    maxBytesPerPartition: consumer['max.partition.fetch.bytes'],
    readUncommitted: consumer['isolation.level'] === 'read_uncommitted',
    sessionTimeout: consumer['session.timeout.ms'],
    heartbeatInterval: consumer['heartbeat.interval.ms'],
    rebalanceTimeout: consumer['max.poll.interval.ms'],
    rackId: consumer['client.rack'],
    ...(connection['metadata.max.age.ms'] !== null && { metadataMaxAge: connection['metadata.max.age.ms'] }),
    retry: {
      retries: 5,
      initialRetryTime: connection['retry.backoff.ms'],
      maxRetryTime: Math.max(5000, connection['retry.backoff.max.ms']),
      restartOnFailure: async () => false,
    },
  }
}

/** Partitions as kafkajs takes them, by topic. */
export function each(
  partitions: readonly TopicPartition[],
  apply: (topics: { topic: string; partitions: number[] }[]) => void,
): void {
  const topics = groupBy(partitions, ({ topic }) => topic)
  apply([...topics].map(([topic, group]) => ({ topic, partitions: group.map(({ partition }) => partition) })))
}

/** kafkajs ends its loop between two batches: the queue is emptied until it has. */
export async function leave(consumer: Consumer, empty: () => void): Promise<void> {
  const draining = setInterval(empty, 20)
  try {
    empty()
    await consumer.disconnect()
  } finally {
    clearInterval(draining)
  }
}
