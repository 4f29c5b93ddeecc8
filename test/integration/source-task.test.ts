import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { openFileOffsetStore } from '../../src/storage/index.ts'
import { eventually } from '../support/eventually.ts'
import { sourceHandle } from '../support/recording-connectors.ts'
import { testHerder } from '../support/test-herder.ts'
import { newTopic, readAll } from '../support/topics.ts'

async function setUp() {
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-source-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const file = join(dir, 'connect.offsets')
  const name = `source-${randomUUID()}`
  const topic = await newTopic()
  const start = async (config: Record<string, string>) => {
    const { herder } = testHerder({ bootstrapServers: inject('kafka'), offsets: await openFileOffsetStore(file) })
    await herder.putConnector(name, { 'connector.class': 'CountingSource', topic, ...config }, { replace: false })
    return herder
  }
  return { file, name, topic, start, handle: sourceHandle(name) }
}

test('produces in order, and each record is told when Kafka has it', async () => {
  const { topic, start, handle } = await setUp()
  await start({ count: '500' })
  await eventually(() => handle.acknowledged.length === 500)
  expect(handle.acknowledged.every(({ written }) => written)).toBe(true)
  const records = await readAll(topic, 500)
  expect(records.map(({ value }) => String(value))).toEqual(Array.from({ length: 500 }, (_, index) => String(index)))
})

test('source offsets are stored after the acknowledgement and survive a restart', async () => {
  const { file, name, topic, start, handle } = await setUp()
  const herder = await start({ count: '120' })
  await eventually(() => handle.acknowledged.length === 120 && handle.commits > 0)
  await herder.stop()
  const stored = await (await openFileOffsetStore(file)).get(name, { task: 0 })
  expect(stored).toEqual({ next: 120 })
  await start({ count: '150' })
  await eventually(() => handle.acknowledged.length === 150)
  expect(handle.startedAt).toEqual([0, 120])
  expect(await readAll(topic, 150)).toHaveLength(150)
})

test('a source divides its work among tasks.max tasks', async () => {
  const { name, topic, start, handle } = await setUp()
  const herder = await start({ count: '10', 'tasks.max': '3' })
  await eventually(() => handle.acknowledged.length === 30)
  expect(await herder.tasks(name)).toHaveLength(3)
  expect(await readAll(topic, 30)).toHaveLength(30)
})

test('a record that cannot be converted fails the task after those before it were produced', async () => {
  const { name, topic, start, handle } = await setUp()
  handle.make = (index) => (index === 3 ? { not: 'bytes' } : Buffer.from(String(index)))
  const herder = await start({ count: '6', 'value.converter': 'ByteArrayConverter' })
  const task = await eventually(async () =>
    (await herder.connectorState(name)).tasks.find(({ state }) => state === 'FAILED'),
  )
  expect(task.trace).toContain('VALUE_CONVERTER')
  expect((await readAll(topic, 3)).map(({ value }) => String(value))).toEqual(['0', '1', '2'])
  expect(handle.acknowledged.map(({ written }) => written)).toEqual([true, true, true, false])
})

test('tolerated, it is skipped and told, and the stream goes on', async () => {
  const { topic, start, handle } = await setUp()
  handle.make = (index) => (index === 3 ? { not: 'bytes' } : Buffer.from(String(index)))
  await start({ count: '6', 'value.converter': 'ByteArrayConverter', 'errors.tolerance': 'all' })
  await eventually(() => handle.acknowledged.length === 6)
  expect(handle.acknowledged[3]).toMatchObject({ written: false, error: expect.any(Error) })
  expect((await readAll(topic, 5)).map(({ value }) => String(value))).toEqual(['0', '1', '2', '4', '5'])
})

test('more than a broker takes at once goes in several requests', async () => {
  const { topic, start, handle } = await setUp()
  handle.make = () => 'x'.repeat(60_000)
  await start({ count: '40' })
  await eventually(() => handle.acknowledged.length === 40)
  expect(handle.acknowledged.every(({ written }) => written)).toBe(true)
  expect(await readAll(topic, 40)).toHaveLength(40)
})

test('a record that is too large for the broker is skipped alone when that is tolerated, and else fails the task', async () => {
  const { name, topic, start, handle } = await setUp()
  handle.make = (index) => (index === 2 ? 'x'.repeat(2_000_000) : String(index))
  const herder = await start({ count: '5' })
  const task = await eventually(async () =>
    (await herder.connectorState(name)).tasks.find(({ state }) => state === 'FAILED'),
  )
  expect(task.trace).toContain('KAFKA_PRODUCE')
  await herder.deleteConnector(name)
  const tolerant = { 'connector.class': 'CountingSource', topic, count: '5', 'errors.tolerance': 'all' }
  await herder.putConnector(name, tolerant, { replace: false })
  await eventually(() => handle.acknowledged.at(-1)?.value === '4')
  const written = (await readAll(topic, 4)).map(({ value }) => String(value))
  expect(new Set(written)).toEqual(new Set(['0', '1', '3', '4']))
})
