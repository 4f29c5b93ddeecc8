import { randomUUID } from 'node:crypto'
import { expect, inject, onTestFinished, test } from 'vitest'
import {
  ensureInternalTopics,
  type InternalTopic,
  openConfigStore,
  openStatusStore,
  openTopicOffsetStore,
} from '../../src/storage/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { testConfigStore } from '../conformance/config-store.ts'
import { testOffsetStore } from '../conformance/offset-store.ts'
import { testStatusStore } from '../conformance/status-store.ts'
import { quietLog } from '../support/quiet.ts'
import { kafkaClient } from '../support/topics.ts'

const internal = (use: InternalTopic['use'], more: Partial<InternalTopic> = {}): InternalTopic => ({
  use,
  topic: `${use}-${randomUUID()}`,
  partitions: 5,
  replicationFactor: 1,
  settings: {},
  ...more,
})

const around = () => ({ kafka: kafkaClient(inject('kafka')), log: quietLog, clock: systemClock })

async function prepared(use: InternalTopic['use']) {
  const spec = internal(use)
  const common = around()
  await ensureInternalTopics([spec], common)
  return { ...common, topic: spec.topic, clientId: 'test' }
}

testConfigStore('Kafka', async () => {
  const options = await prepared('config')
  return { open: () => openConfigStore({ ...options, groupId: options.topic }) }
})

testStatusStore('Kafka', async () => {
  const options = await prepared('status')
  return { open: () => openStatusStore(options) }
})

for (const committedOnly of [false, true])
  testOffsetStore(committedOnly ? 'Kafka, committed' : 'Kafka', async () => {
    const options = await prepared('offset')
    return { open: () => openTopicOffsetStore({ ...options, committedOnly }) }
  })

test('offsets of a transaction are there once it is committed, and those of an aborted one never', async () => {
  const options = await prepared('offset')
  const store = await openTopicOffsetStore({ ...options, committedOnly: true })
  onTestFinished(() => store.close())
  const producer = await options.kafka.transactionalProducer({ clientId: 'test', transactionalId: options.topic })
  onTestFinished(() => producer.close())
  await producer.open()
  const records = (n: number) => store.records('c', [{ partition: { p: 1 }, offset: { n } }])
  const first = await producer.begin()
  await first.send(records(1))
  await expect(store.get('c', { p: 1 }, AbortSignal.timeout(50))).rejects.toThrow('a transaction is open in it')
  const reading = store.get('c', { p: 1 })
  await first.commit()
  expect(await reading).toEqual({ n: 1 })
  const second = await producer.begin()
  await second.send(records(2))
  await second.abort()
  expect(await store.get('c', { p: 1 })).toEqual({ n: 1 })
})

test('internal topics are made as asked, compacted in any case, also by several workers at once', async () => {
  const common = around()
  const specs = [
    internal('config', { settings: { 'segment.bytes': '1048576', 'cleanup.policy': 'delete' } }),
    internal('offset', { partitions: 3 }),
    internal('status', { partitions: -1, replicationFactor: -1 }),
  ]
  await Promise.all([1, 2, 3].map(() => ensureInternalTopics(specs, common)))
  await ensureInternalTopics(specs, common)
  const [config, offset, status] = await Promise.all(specs.map(({ topic }) => common.kafka.topicInfo(topic)))
  expect(config).toMatchObject({ partitions: 1, configs: { 'cleanup.policy': 'compact', 'segment.bytes': '1048576' } })
  expect(offset).toMatchObject({ partitions: 3, configs: { 'cleanup.policy': 'compact' } })
  expect(status?.configs['cleanup.policy']).toBe('compact')
})

test('an internal topic that would lose records is refused, with the property to change', async () => {
  const common = around()
  const make = async (spec: InternalTopic, configs: Record<string, string>) => {
    await common.kafka.createTopic(spec.topic, { partitions: spec.partitions, replicationFactor: 1, configs })
    return ensureInternalTopics([spec], common)
  }
  const config = internal('config', { partitions: 2 })
  await expect(make(config, { 'cleanup.policy': 'compact' })).rejects.toThrow(
    `Topic '${config.topic}' supplied via the 'config.storage.topic' property is required to have a single partition in order to guarantee consistency of connector configurations, but found 2 partitions.`,
  )
  const status = internal('status')
  await expect(make(status, { 'cleanup.policy': 'compact,delete' })).rejects.toThrow(
    /'status.storage.topic' property is required to have 'cleanup.policy=compact' .*'cleanup.policy=compact,delete'/,
  )
  const offset = internal('offset')
  await expect(make(offset, {})).rejects.toMatchObject({ name: 'ConfigError', message: /offset.storage.topic/ })
})

test('more replicas than brokers are refused with the property that says so', async () => {
  const spec = internal('config', { replicationFactor: 7 })
  await expect(ensureInternalTopics([spec], around())).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining('Set config.storage.replication.factor to the number of brokers at most'),
  })
})
