import type { Logger } from '#api'
import { ConnectError, isRetriable, messageOf } from '#api'
import type { ClientProps, KafkaClient } from '../kafka/index.ts'
import type { TopicMatcher } from './topic-creation.ts'

export interface TopicMakerOptions {
  readonly matcher: TopicMatcher
  readonly kafka: KafkaClient
  readonly admin: ClientProps
  readonly log: Logger
}

/** Makes topics that do not exist, before the first record of each: what was seen once is not asked for again in the task's life. */
export function createTopicMaker({ matcher, kafka, admin, log }: TopicMakerOptions) {
  const known = new Set<string>()

  async function make(topic: string): Promise<void> {
    if (!(await kafka.topicExists(topic))) {
      const { group, ...options } = matcher(topic)
      try {
        await kafka.createTopic(topic, { ...options, props: admin })
        log.info({ topic, group, ...options }, 'topic created')
      } catch (error) {
        // Another task may have been faster.
        if (isRetriable(error)) throw error
        if (!(await kafka.topicExists(topic))) throw notMade(topic, group, error)
      }
    }
    known.add(topic)
  }

  return {
    /** Whether nothing has to be waited for. */
    knows: (topic: string): boolean => known.has(topic),
    make,
  }
}

const notMade = (topic: string, group: string, error: unknown): ConnectError =>
  new ConnectError(
    `Task failed to create new topic ${topic} by the rules of topic.creation.${group}: ${messageOf(error)}. Ensure that the task is authorized to create topics or that the topic exists and restart the task`,
    { cause: error, context: { topic, group } },
  )
