import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { expect, inject, onTestFinished, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { sinkHandle, sourceHandle } from '../support/recording-connectors.ts'
import { testHerder } from '../support/test-herder.ts'
import { kafkaClient, newTopic, readAll, write } from '../support/topics.ts'

/** Holds up the first who comes, until it is let go or the test ends. */
function holdFirst() {
  const held = new AbortController()
  const release = () => held.abort()
  onTestFinished(release)
  let isHeld = false
  return {
    release,
    isHeld: () => isHeld,
    async pass() {
      if (isHeld) return
      isHeld = true
      await once(held.signal, 'abort')
    },
  }
}

const bootstrapServers = inject('kafka')

test('the successor of a sink task that never came back from put is given all partitions', async () => {
  const name = `left-${randomUUID()}`
  const { herder, log } = testHerder({ bootstrapServers, gracefulMs: 100 })
  const handle = sinkHandle(name)
  const hold = holdFirst()
  handle.onPut = (records) => (records.length > 0 ? hold.pass() : undefined)
  const topic = await newTopic(2)
  await write(topic, [{ value: 'a', partition: 0 }])
  await herder.putConnector(name, { 'connector.class': 'RecordingSink', topics: topic }, { replace: false })
  await eventually(hold.isHeld)
  await herder.restartTask({ connector: name, task: 0 })
  await write(topic, [
    { value: 'c', partition: 0 },
    { value: 'd', partition: 1 },
  ])
  await eventually(() => handle.values.length >= 3, { timeoutMs: 30_000 })
  expect(handle.values.map(String).toSorted()).toEqual(['a', 'c', 'd'])
  hold.release()
  await eventually(() => log.lines.filter(({ message }) => message === 'task stopped').length === 1)
  const committed = async () => (await kafkaClient().committed(`connect-${name}`, [topic])).map(({ offset }) => offset)
  await eventually(async () => (await committed()).join() === '2,1')
})

test('a source task that was left behind writes nothing any more', async () => {
  const name = `left-${randomUUID()}`
  const { herder, log } = testHerder({ bootstrapServers, gracefulMs: 100 })
  const hold = holdFirst()
  const handle = sourceHandle(name)
  handle.onPoll = hold.pass
  const topic = await newTopic()
  await herder.putConnector(name, { 'connector.class': 'CountingSource', topic, count: '3' }, { replace: false })
  await eventually(hold.isHeld)
  await herder.restartTask({ connector: name, task: 0 })
  await eventually(() => handle.acknowledged.length === 3)
  hold.release()
  await eventually(() => log.lines.some(({ message }) => message.startsWith('task stopped')))
  expect((await readAll(topic)).map(({ value }) => String(value))).toEqual(['0', '1', '2'])
})
