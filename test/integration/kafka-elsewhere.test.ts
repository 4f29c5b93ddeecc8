import { expect, inject, test } from 'vitest'
import { createKafkaClient } from '../../src/kafka/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { quietLog } from '../support/quiet.ts'
import { newTopic, write } from '../support/topics.ts'

test('questions go where their own properties lead, not to the worker’s cluster', async () => {
  const topic = await newTopic()
  await write(topic, ['a'])
  const props = { 'bootstrap.servers': inject('kafka') }
  // Nobody listens on the port of the worker's cluster.
  const kafka = createKafkaClient({
    bootstrapServers: ['127.0.0.1:1'],
    clientId: 'elsewhere',
    log: quietLog,
    clock: systemClock,
  })
  try {
    expect(await kafka.clusterId(props)).toBeTypeOf('string')
    expect(await kafka.topicExists(topic, props)).toBe(true)
    expect(await kafka.timestampAt({ topic, partition: 0 }, 0n, props)).toBeTypeOf('number')
    await kafka.alterOffsets(topic, [{ topic, partition: 0, offset: 1n }], props)
    expect(await kafka.committed(topic, [], props)).toEqual([{ topic, partition: 0, offset: 1n }])
    await kafka.deleteGroup(topic, props)
    expect(await kafka.committed(topic, [], props)).toEqual([])
  } finally {
    await kafka.close()
  }
})
