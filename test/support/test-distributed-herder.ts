import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import { onTestFinished } from 'vitest'
import { converters, headerConverters } from '../../src/converters/index.ts'
import {
  createDistributedHerder,
  type DistributedHerder,
  type DistributedHerderSettings,
} from '../../src/herder/index.ts'
import { createKafkaClient } from '../../src/kafka/index.ts'
import { createPlugins } from '../../src/plugins/index.ts'
import { noMetrics } from '../../src/runtime/index.ts'
import {
  ensureInternalTopics,
  openConfigStore,
  openStatusStore,
  openTopicOffsetStore,
} from '../../src/storage/index.ts'
import { createLogLevels } from '../../src/telemetry/log-levels.ts'
import { predicates, transformations } from '../../src/transforms/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { createPeerClient } from '../../src/util/peer-client.ts'
import { recordingLog } from './quiet.ts'
import { countingSource, recordingReader, recordingSink } from './recording-connectors.ts'
import { plainValues } from './test-herder.ts'

const settings: Omit<DistributedHerderSettings, 'group.id'> = {
  'session.timeout.ms': 10_000,
  'heartbeat.interval.ms': 1000,
  'rebalance.timeout.ms': 20_000,
  'scheduled.rebalance.max.delay.ms': 0,
  'worker.sync.timeout.ms': 3000,
  'worker.unsync.backoff.ms': 1000,
  'inter.worker.key.generation.algorithm': 'HmacSHA256',
  'inter.worker.key.size': null,
  'inter.worker.key.ttl.ms': 3_600_000,
  'inter.worker.signature.algorithm': 'HmacSHA256',
  'inter.worker.verification.algorithms': ['HmacSHA256'],
  'topic.tracking.enable': true,
  'topic.tracking.allow.reset': true,
  'exactly.once.source.support': 'disabled',
}

/** A herder that is its whole cluster, over a real Kafka with the recording connectors; nothing of it is left when the test ends. */
export async function testDistributedHerder(bootstrapServers: string): Promise<DistributedHerder> {
  const log = recordingLog()
  const clock = systemClock
  const kafka = createKafkaClient({ bootstrapServers: [bootstrapServers], clientId: 'test', log, clock })
  const name = `herder-${randomUUID()}`
  const [configs, offsets, statuses] = [`${name}-configs`, `${name}-offsets`, `${name}-statuses`]
  const compacted = { partitions: 1, replicationFactor: 1, settings: {} }
  await ensureInternalTopics(
    [
      { use: 'config', topic: configs, ...compacted },
      { use: 'offset', topic: offsets, ...compacted },
      { use: 'status', topic: statuses, ...compacted },
    ],
    { kafka, log, clock },
  )
  const opened = { kafka, clientId: name, log, clock }
  const [config, offsetStore, statusStore] = await Promise.all([
    openConfigStore({ ...opened, topic: configs, groupId: name }),
    openTopicOffsetStore({ ...opened, topic: offsets, committedOnly: false }),
    openStatusStore({ ...opened, topic: statuses }),
  ])
  const peers = createPeerClient()
  const herder = createDistributedHerder({
    deps: {
      kafka,
      plugins: createPlugins([
        converters,
        headerConverters,
        transformations,
        predicates,
        [recordingSink, recordingReader, countingSource],
      ]),
      offsets: offsetStore,
      log,
      clock,
      workerProps: { 'key.converter': 'StringConverter', 'value.converter': 'StringConverter' },
      settings: {
        'offset.flush.interval.ms': 200,
        'offset.flush.timeout.ms': 5000,
        'task.shutdown.graceful.timeout.ms': 10_000,
        'topic.creation.enable': true,
      },
      metrics: noMetrics,
      resolver: plainValues,
    },
    config,
    statuses: statusStore,
    settings: { ...settings, 'group.id': name },
    levels: createLogLevels('INFO', clock.now).levels,
    preview: async () => ({ records: [], warnings: [] }),
    url: 'http://test:8083/',
    peers,
    version: '0.0.0',
    commit: 'unknown',
  })
  onTestFinished(async () => {
    await herder.stop()
    peers.close()
    await kafka.close()
    const admin = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [configs, offsets, statuses] })
    await admin.disconnect()
  })
  herder.start()
  await herder.joined(AbortSignal.timeout(30_000))
  return herder
}
