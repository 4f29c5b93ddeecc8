import type { Logger } from '#api'
import { ConnectError, isRetriable, messageOf, RetriableError } from '#api'
import type { ClientProps, KafkaClient } from '../kafka/index.ts'
import { isHopeless } from './hopeless.ts'
import type { TopicMatcher } from './topic-creation.ts'

export interface TopicMakerOptions {
  readonly matcher: TopicMatcher
  readonly kafka: Pick<KafkaClient, 'topicExists' | 'createTopic'>
  readonly admin: ClientProps
  readonly log: Logger
}

export interface TopicMaker {
  /**
   * Makes the topics that do not exist, before the first record of each: what was seen once is not asked for again in the task's life.
   * Throws `RetriableError` while Kafka is away, else an error of which `isNoTopic` knows: it fails the task whatever is tolerated.
   */
  makeFor(records: readonly { readonly topic: string }[]): Promise<void>
}

export function createTopicMaker({ matcher, kafka, admin, log }: TopicMakerOptions): TopicMaker {
  const known = new Set<string>()

  async function exists(topic: string): Promise<boolean> {
    try {
      return await kafka.topicExists(topic, admin)
    } catch (error) {
      if (isHopeless(error)) throw error
      throw new RetriableError(`Kafka could not be asked whether the topic ${topic} exists: ${messageOf(error)}`, {
        cause: error,
      })
    }
  }

  async function make(topic: string): Promise<void> {
    const { group, ...options } = matcher(topic)
    try {
      await kafka.createTopic(topic, { ...options, props: admin })
      log.info({ topic, group, ...options }, 'topic created')
    } catch (error) {
      // Another task may have been faster.
      if (isRetriable(error)) throw error
      if (!(await exists(topic))) throw notMade(topic, group, error)
    }
  }

  return {
    async makeFor(records) {
      for (const { topic } of records) {
        if (known.has(topic)) continue
        if (!(await exists(topic))) await make(topic)
        known.add(topic)
      }
    },
  }
}

const notMade = (topic: string, group: string, error: unknown): ConnectError =>
  new ConnectError(
    `Task failed to create new topic ${topic} as topic.creation.${group} says: ${messageOf(error)}. Ensure that the task is authorized to create topics or that the topic exists and restart the task`,
    { cause: error, context: { missingTopic: topic, group } },
  )

export const isNoTopic = (error: unknown): boolean => ConnectError.is(error) && 'missingTopic' in error.context
