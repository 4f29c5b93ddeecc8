import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import { expect, inject, onTestFinished, test } from 'vitest'
import { previewDeclaration } from '../../src/runtime/index.ts'
import { testHerder } from '../support/test-herder.ts'
import { newTopic, write } from '../support/topics.ts'

test('shows the newest records of a real topic at every stage, and leaves no trace in Kafka', async () => {
  const name = `preview-${randomUUID()}`
  const topic = await newTopic()
  const dlq = `dlq-${randomUUID()}`
  await write(topic, ['{"a":1}', '{"a":2}', 'poison'])
  const { herder } = testHerder({ bootstrapServers: inject('kafka'), preview: previewDeclaration })
  const { records, warnings } = await herder.preview(
    {
      name,
      'connector.class': 'RecordingSink',
      topics: topic,
      'value.converter': 'JsonConverter',
      'value.converter.schemas.enable': 'false',
      'errors.tolerance': 'all',
      'errors.deadletterqueue.topic.name': dlq,
      transforms: 'take',
      'transforms.take.type': 'ExtractField$Value',
      'transforms.take.field': 'a',
    },
    { limit: 2, signal: new AbortController().signal },
  )
  expect(records.map(({ origin }) => origin.offset)).toEqual(['1', '2'])
  expect(records[0]?.stages.map(({ stage, records: [record] }) => [stage, record?.value])).toEqual([
    ['key.converter', null],
    ['value.converter', { a: 2 }],
    ['header.converter', { a: 2 }],
    ['take', 2],
  ])
  expect(records[1]?.stages.at(-1)?.error).toContain(`${topic}-0@2`)
  expect(warnings).toEqual([expect.stringContaining('RecordingSink cannot show what it would send')])

  const admin = new kafkajs.Kafka({ brokers: [inject('kafka')], logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  onTestFinished(() => admin.disconnect())
  expect((await admin.listGroups()).groups.filter(({ groupId }) => groupId.includes(name))).toEqual([])
  expect(await admin.listTopics()).not.toContain(dlq)
  expect(await herder.connectors()).toEqual([])
})
