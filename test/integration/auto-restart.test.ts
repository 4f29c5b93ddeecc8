import { randomUUID } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { sinkHandle } from '../support/recording-connectors.ts'
import { testHerder } from '../support/test-herder.ts'
import { newTopic, write } from '../support/topics.ts'

test('a sink that fails twice restarts by itself and loses nothing', async () => {
  const name = `restarts-${randomUUID()}`
  const { herder } = testHerder({ bootstrapServers: inject('kafka') })
  const handle = sinkHandle(name)
  let failures = 2
  handle.onPut = (records) => {
    if (records.length > 0 && failures-- > 0) throw new Error('the disk is full')
  }
  const topic = await newTopic()
  await write(topic, ['a', 'b', 'c'])
  await herder.putConnector(
    name,
    {
      'connector.class': 'RecordingSink',
      topics: topic,
      'errors.restart.enable': 'true',
      'errors.restart.backoff.ms': '50',
    },
    { replace: false },
  )
  await eventually(() => handle.values.length >= 3)
  expect(handle.values).toEqual(['a', 'b', 'c'])
  const state = await herder.taskState({ connector: name, task: 0 })
  expect(state).toMatchObject({ state: 'RUNNING', facts: { restarts: 2 } })
  expect(state).not.toHaveProperty('trace')
  expect(await herder.health(name)).toMatchObject({ status: 'healthy', restarts: { count: 2, nextAt: null } })
})
