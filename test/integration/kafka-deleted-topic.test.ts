import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import { expect, inject, test } from 'vitest'
import { kafkaClient, newTopic, readAll, write } from '../support/topics.ts'

const signal = new AbortController().signal

async function deleteTopic(topic: string): Promise<void> {
  const admin = new Kafka({ brokers: [inject('kafka')], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    await admin.deleteTopics({ topics: [topic] })
  } finally {
    await admin.disconnect()
  }
}

test('a topic that is deleted keeps nobody from asking about the others', async () => {
  const kafka = kafkaClient()
  const [gone, later] = [await newTopic(), await newTopic()]
  await write(gone, ['a'])
  await write(later, ['b'])
  expect(await kafka.newest([gone], 5, signal)).toHaveLength(1)
  expect(await kafka.timestampAt({ topic: gone, partition: 0 }, 0n)).toBeTypeOf('number')
  await deleteTopic(gone)
  expect((await kafka.newest([later], 5, signal)).map(({ value }) => String(value))).toEqual(['b'])
  expect((await readAll(later, 1, kafka)).map(({ value }) => String(value))).toEqual(['b'])
  expect(await kafka.timestampAt({ topic: later, partition: 0 }, 0n)).toBeTypeOf('number')
  const group = `deleted-${randomUUID()}`
  await kafka.alterOffsets(group, [{ topic: later, partition: 0, offset: 1n }])
  expect(await kafka.committed(group, [])).toEqual([{ topic: later, partition: 0, offset: 1n }])
  expect(await kafka.newest([gone], 5, signal)).toEqual([])
})
