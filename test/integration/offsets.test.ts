import { randomUUID } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { sinkHandle, sourceHandle } from '../support/recording-connectors.ts'
import { testHerder } from '../support/test-herder.ts'
import { newTopic, readAll, write } from '../support/topics.ts'

const at = (topic: string, partition: number, offset: number | null) => ({
  partition: { kafka_topic: topic, kafka_partition: partition },
  offset: offset === null ? null : { kafka_offset: offset },
})

test('a sink reads again from where its offsets were put, and from the start when they were reset', async () => {
  const name = `offsets-${randomUUID()}`
  const { herder } = testHerder({ bootstrapServers: inject('kafka') })
  const { values } = sinkHandle(name)
  const topic = await newTopic()
  await write(topic, ['a', 'b', 'c'])
  await herder.putConnector(name, { 'connector.class': 'RecordingSink', topics: topic }, { replace: false })
  await eventually(async () => (await herder.offsets(name))[0]?.offset?.['kafka_offset'] === 3)
  expect(await herder.offsets(name)).toEqual([at(topic, 0, 3)])
  expect(await herder.topics(name)).toEqual([topic])
  await herder.setTargetState(name, 'STOPPED')

  expect(await herder.alterOffsets(name, [at(topic, 0, 1)])).toMatch(
    /^The Connect framework-managed offsets .* altered/,
  )
  expect(await herder.offsets(name)).toEqual([at(topic, 0, 1)])
  await herder.setTargetState(name, 'STARTED')
  await eventually(() => values.length >= 5)
  expect(values).toEqual(['a', 'b', 'c', 'b', 'c'])
  await herder.setTargetState(name, 'STOPPED')

  await herder.alterOffsets(name, [at(topic, 0, null)])
  expect(await herder.offsets(name)).toEqual([])
  expect(await herder.resetOffsets(name)).toMatch(/reset successfully/)
  expect(await herder.resetOffsets(name)).toMatch(/reset successfully/)
  await herder.setTargetState(name, 'STARTED')
  await eventually(() => values.length >= 8)
  expect(values.slice(5)).toEqual(['a', 'b', 'c'])
})

test('what is not there cannot be altered, nor what a group still reads', async () => {
  const name = `offsets-${randomUUID()}`
  const { herder } = testHerder({ bootstrapServers: inject('kafka') })
  const topic = await newTopic()
  const props = { 'connector.class': 'RecordingSink', topics: topic, 'consumer.override.group.id': `group-${name}` }
  await herder.putConnector(name, props, { replace: false, initialState: 'STOPPED' })
  const refused = { status: 500, message: `Failed to alter consumer group offsets for connector ${name}` }
  await expect(herder.alterOffsets(name, [at(`${topic}.none`, 0, 1)])).rejects.toMatchObject(refused)
  await expect(herder.alterOffsets(name, [at(topic, 9, 1)])).rejects.toMatchObject(refused)

  const other = `other-${randomUUID()}`
  await write(topic, ['a'])
  await herder.putConnector(other, props, { replace: false })
  await eventually(() => sinkHandle(other).values.length >= 1)
  await expect(herder.alterOffsets(name, [at(topic, 0, 0)])).rejects.toThrow(/tasks haven't stopped completely yet/)
  await expect(herder.resetOffsets(name)).rejects.toThrow(/tasks haven't stopped completely yet/)
})

test('a source goes on from where its offsets were put', async () => {
  const name = `offsets-${randomUUID()}`
  const { herder } = testHerder({ bootstrapServers: inject('kafka') })
  const topic = await newTopic()
  const props = { 'connector.class': 'CountingSource', topic, count: '3' }
  await herder.putConnector(name, props, { replace: false })
  await eventually(async () => (await herder.offsets(name))[0]?.offset?.['next'] === 3)
  expect(await herder.topics(name)).toEqual([topic])
  await herder.setTargetState(name, 'STOPPED')
  await herder.alterOffsets(name, [{ partition: { task: 0 }, offset: { next: 2 } }])
  await herder.setTargetState(name, 'STARTED')
  await eventually(async () => (await readAll(topic)).length >= 4)
  expect(sourceHandle(name).startedAt).toEqual([0, 2])
  await herder.setTargetState(name, 'STOPPED')
  expect(await herder.resetOffsets(name)).toMatch(/reset successfully/)
  expect(await herder.offsets(name)).toEqual([])
})

test('poison is poison where the group had committed more than the log holds', async () => {
  const name = `offsets-${randomUUID()}`
  const { herder } = testHerder({ bootstrapServers: inject('kafka') })
  const { values } = sinkHandle(name)
  const topic = await newTopic()
  await write(topic, ['1', 'not json', '3'])
  const props = {
    'connector.class': 'RecordingSink',
    topics: topic,
    'value.converter': 'JsonConverter',
    'value.converter.schemas.enable': 'false',
  }
  await herder.putConnector(name, props, { replace: false, initialState: 'STOPPED' })
  await herder.alterOffsets(name, [at(topic, 0, 1000)])
  await herder.setTargetState(name, 'STARTED')
  const failed = await eventually(async () => (await herder.connectorState(name)).tasks.find(({ trace }) => trace))
  expect(failed.trace).toContain(`${topic}-0@1`)
  expect(values).toEqual([1])
  await eventually(async () => (await herder.offsets(name))[0]?.offset?.['kafka_offset'] === 1)
})
