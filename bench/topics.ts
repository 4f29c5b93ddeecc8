import { type Admin, Kafka, logLevel } from 'kafkajs'
import type { Bench } from './figures.ts'

/** A plain client, as the naive ways and the limits use it. */
export const plainKafka = (bootstrapServers: string): Kafka =>
  new Kafka({ brokers: bootstrapServers.split(','), clientId: 'bench', logLevel: logLevel.ERROR })

/** Makes a topic of four partitions. */
export const makeTopic = (kafka: string, topic: string): Promise<void> =>
  withAdmin(kafka, async (admin) => {
    await admin.createTopics({ topics: [{ topic, numPartitions: 4, replicationFactor: 1 }], waitForLeaders: true })
  })

/** Makes a topic with its subject's schema, and answers the schema's id. */
export async function createTopic(bench: Bench, topic: string, schema: object): Promise<number> {
  await makeTopic(bench.kafka, topic)
  const response = await fetch(`${bench.registry}/subjects/${topic}-value/versions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify(schema) }),
  })
  if (!response.ok) throw new Error(`The registry refused the schema of ${topic}: ${await response.text()}`)
  return ((await response.json()) as { id: number }).id
}

/** Removes what this run made, for those who lent it their Kafka and registry. */
export async function removeTopics(bench: Pick<Bench, 'kafka' | 'registry' | 'prefix' | 'progress'>): Promise<void> {
  await withAdmin(bench.kafka, async (admin) => {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(bench.prefix))
    if (topics.length > 0) await admin.deleteTopics({ topics })
    const { groups } = await admin.listGroups()
    const ours = groups.map(({ groupId }) => groupId).filter((id) => id.includes(bench.prefix))
    if (ours.length > 0)
      await admin.deleteGroups(ours).catch((error: unknown) => bench.progress(`Not removed: ${String(error)}`))
    for (const topic of topics) await fetch(`${bench.registry}/subjects/${topic}-value`, { method: 'DELETE' })
  })
}

async function withAdmin(kafka: string, use: (admin: Admin) => Promise<void>): Promise<void> {
  const admin = plainKafka(kafka).admin()
  await admin.connect()
  try {
    await use(admin)
  } finally {
    await admin.disconnect()
  }
}
