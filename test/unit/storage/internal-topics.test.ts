import { expect, test } from 'vitest'
import { ConnectError } from '#api'
import type { TopicInfo } from '../../../src/kafka/index.ts'
import { ensureInternalTopics, type InternalTopic } from '../../../src/storage/index.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { quietLog, recordingLog } from '../../support/quiet.ts'

const spec: InternalTopic = { use: 'config', topic: 't', partitions: 9, replicationFactor: 3, settings: {} }

test('a topic that is made is waited for until the brokers know it', async () => {
  const made: unknown[] = []
  const answers: (TopicInfo | undefined)[] = [undefined, undefined, undefined]
  const kafka = {
    topicInfo: async () =>
      answers.length > 0 ? answers.pop() : { partitions: 1, configs: { 'cleanup.policy': 'compact' } },
    createTopic: async (_topic: string, options: unknown) => void made.push(options),
  }
  await ensureInternalTopics([{ ...spec, settings: { 'cleanup.policy': 'delete', x: '1' } }], {
    kafka,
    log: quietLog,
    clock: systemClock,
  })
  expect(made).toMatchObject([
    { partitions: 1, replicationFactor: 3, configs: { 'cleanup.policy': 'compact', x: '1' } },
  ])
})

test('a cleanup policy that may not be looked up is no reason to refuse a topic', async () => {
  const log = recordingLog()
  const kafka = { topicInfo: async () => ({ partitions: 1, configs: {} }), createTopic: async () => undefined }
  await ensureInternalTopics([spec], { kafka, log, clock: systemClock })
  expect(log.lines).toMatchObject([{ level: 'info', fields: { topic: 't' } }])
})

test('another failure to make a topic is told as it is', async () => {
  const kafka = {
    topicInfo: async () => undefined,
    createTopic: async () => {
      throw new ConnectError('Not authorized to access topics')
    },
  }
  await expect(ensureInternalTopics([spec], { kafka, log: quietLog, clock: systemClock })).rejects.toThrow(
    "Unable to create topic(s) 't': Not authorized to access topics",
  )
})
