import { randomUUID } from 'node:crypto'
import { inject, onTestFinished } from 'vitest'
import type { SourceConnector } from '#api'
import { converters, headerConverters } from '../../src/converters/index.ts'
import { createKafkaClient, type KafkaClient } from '../../src/kafka/index.ts'
import { createPlugins } from '../../src/plugins/index.ts'
import { noMetrics, startTask, type WorkerDeps } from '../../src/runtime/index.ts'
import { openTopicOffsetStore, type TopicOffsetStore } from '../../src/storage/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { quietLog, recordingLog } from './quiet.ts'
import { type Script, scriptedSource } from './scripted-source.ts'
import { plainValues } from './test-herder.ts'
import { kafkaClient } from './topics.ts'

export interface ExactlyOnceWorker {
  readonly deps: WorkerDeps
  readonly offsetsTopic: string
}

export async function openStore(kafka: KafkaClient, topic: string): Promise<TopicOffsetStore> {
  const clients = { kafka, clientId: 'eos', log: quietLog, clock: systemClock }
  const store = await openTopicOffsetStore({ ...clients, topic, committedOnly: true })
  onTestFinished(() => store.close())
  return store
}

/** What a worker of a cluster gives its tasks, without the cluster. */
export async function exactlyOnceWorker(
  offsetsTopic = `offsets.${randomUUID()}`,
  servers = inject('kafka'),
): Promise<ExactlyOnceWorker> {
  const log = recordingLog()
  const kafka = createKafkaClient({ bootstrapServers: [servers], clientId: 'eos', log, clock: systemClock })
  onTestFinished(() => kafka.close())
  if (!(await kafka.topicExists(offsetsTopic)))
    await kafka.createTopic(offsetsTopic, {
      partitions: 2,
      replicationFactor: 1,
      configs: { 'cleanup.policy': 'compact' },
    })
  const offsets = await openStore(kafka, offsetsTopic)
  const deps: WorkerDeps = {
    kafka,
    plugins: createPlugins([converters, headerConverters]),
    offsets,
    log,
    clock: systemClock,
    workerProps: {
      'key.converter': 'StringConverter',
      'value.converter': 'StringConverter',
      'bootstrap.servers': servers,
      'offset.storage.topic': offsetsTopic,
      'offset.storage.replication.factor': '1',
      'offset.storage.partitions': '1',
    },
    settings: {
      'offset.flush.interval.ms': 60_000,
      'offset.flush.timeout.ms': 5000,
      'task.shutdown.graceful.timeout.ms': 10_000,
      'topic.creation.enable': true,
    },
    metrics: noMetrics,
    resolver: plainValues,
    topics: { record() {} },
    exactlyOnce: true,
  }
  return { deps, offsetsTopic }
}

interface RunOptions {
  readonly name: string
  readonly topic: string
  readonly script: Script
  readonly props?: Record<string, string>
  readonly order?: string[]
}

export function runExactlyOnce(
  { deps }: ExactlyOnceWorker,
  { name, topic, script, props = {}, order = [] }: RunOptions,
) {
  const plugin: SourceConnector = scriptedSource(script)
  const handle = startTask(
    {
      plugin,
      connector: name,
      task: 0,
      props: { name, 'connector.class': plugin.name, topic, ...props },
      paused: false,
      exactlyOnce: {
        transactionalId: `eos-${name}-0`,
        fence: async () => void order.push('fence'),
        verify: async () => void order.push('verify'),
      },
    },
    deps,
  )
  onTestFinished(() => handle.stop())
  return handle
}

export async function committedValues(topic: string, kafka = kafkaClient()): Promise<readonly string[]> {
  const values: string[] = []
  const log = await kafka.topicLog({
    topic,
    clientId: 'eos',
    props: { 'isolation.level': 'read_committed' },
    onRecord: ({ value }) => values.push(String(value)),
  })
  await log.close()
  return values
}

export const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => String(from + index))
