import type { Asker } from './asker.ts'
import { ConfigResourceTypes } from './kafkajs.ts'
import type { TopicInfo } from './ports.ts'

/** How many partitions a topic has and how it is configured; undefined when it does not exist. */
export async function topicInfo({ admin, listTopics }: Asker, topic: string): Promise<TopicInfo | undefined> {
  if (!(await listTopics()).includes(topic)) return undefined
  const { topics } = await admin((client) => client.fetchTopicMetadata({ topics: [topic] }))
  const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic }]
  const { resources: described } = await admin((client) =>
    client.describeConfigs({ resources, includeSynonyms: false }),
  )
  const entries = described.flatMap(({ configEntries }) => configEntries)
  return {
    partitions: topics[0]?.partitions.length ?? 0,
    configs: Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue])),
  }
}
