import { randomUUID } from 'node:crypto'
import { expect, inject, onTestFinished, test } from 'vitest'
import { defineConfig, defineSink } from '#api'
import { converters, headerConverters } from '../../src/converters/index.ts'
import { createLocalWork } from '../../src/herder/distributed/create-local-work.ts'
import { createKafkaClient, type KafkaClient } from '../../src/kafka/index.ts'
import { createPlugins } from '../../src/plugins/index.ts'
import { noMetrics } from '../../src/runtime/index.ts'
import { type ConnectorEntry, createMemoryOffsetStore, createMemoryStatusStore } from '../../src/storage/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { eventually } from '../support/eventually.ts'
import { recordingLog } from '../support/quiet.ts'
import { plainValues } from '../support/test-herder.ts'
import { kafkaClient, newTopic, readAll, write } from '../support/topics.ts'

interface ReadingOptions {
  readonly flushIntervalMs?: number
  /** Nothing that it writes arrives. */
  readonly isMute?: boolean
}

/** A worker of this process, whose commits and records are counted. */
async function reading(options: ReadingOptions = {}) {
  const values: unknown[] = []
  const commits: bigint[] = []
  const log = recordingLog()
  const kafka = createKafkaClient({ bootstrapServers: [inject('kafka')], clientId: 'test', log, clock: systemClock })
  const counted: KafkaClient = {
    ...kafka,
    async logReader(asked) {
      const reader = await kafka.logReader(asked)
      return {
        ...reader,
        async commit(offsets) {
          await reader.commit(offsets)
          commits.push(...offsets.map(({ offset }) => offset))
        },
      }
    },
    async producer(asked) {
      const producer = await kafka.producer(asked)
      return options.isMute ? { ...producer, send: () => new Promise(() => undefined) } : producer
    },
  }
  const reader = defineSink({
    name: 'EverywhereSink',
    version: '1.0.0',
    doc: 'Keeps what it is given.',
    config: defineConfig({}),
    placement: 'everyWorker',
    warmMs: () => -1,
    startTask: () => ({
      put(records) {
        values.push(...records.map(({ value }) => value))
      },
    }),
  })
  const statuses = await createMemoryStatusStore({ log, clock: systemClock })
  const work = createLocalWork({
    deps: {
      kafka: counted,
      plugins: createPlugins([converters, headerConverters, [reader]]),
      offsets: createMemoryOffsetStore(),
      log,
      clock: systemClock,
      workerProps: {
        'key.converter': 'StringConverter',
        'value.converter': 'JsonConverter',
        'value.converter.schemas.enable': 'false',
      },
      settings: {
        'offset.flush.interval.ms': options.flushIntervalMs ?? 50,
        'offset.flush.timeout.ms': 5000,
        'task.shutdown.graceful.timeout.ms': 1000,
        'topic.creation.enable': true,
      },
      metrics: noMetrics,
      resolver: plainValues,
      topics: { record() {} },
    },
    statuses,
    cluster: { async putTasks() {}, async fence() {}, async verify() {} },
    workerId: () => 'here:8083',
    generation: () => 1,
    log,
    groupId: 'workers',
  })
  onTestFinished(async () => {
    await work.stop()
    await statuses.close()
    await kafka.close()
  })
  return { work, values, commits, log }
}

type Reading = Awaited<ReturnType<typeof reading>>

async function declare() {
  const topic = await newTopic()
  const letters = await newTopic()
  const name = `reader-${randomUUID()}`
  const config = {
    name,
    'connector.class': 'EverywhereSink',
    topics: topic,
    'errors.tolerance': 'all',
    'errors.deadletterqueue.topic.name': letters,
  }
  const entry: ConnectorEntry = {
    config,
    target: 'STARTED',
    tasks: [config],
    tasksGeneration: 1,
    inconsistent: false,
    applied: config,
    fencedCount: undefined,
    pendingFencing: false,
  }
  const all = new Map([[name, entry]])
  const align = ({ work }: Reading, numbered: boolean) =>
    work.align({
      all,
      connectors: new Map(),
      tasks: numbered ? [{ id: { connector: name, task: 0 }, props: config, entry }] : [],
    })
  const kafka = kafkaClient()
  const committed = async () => (await kafka.committed(`connect-${name}`, [topic]))[0]?.offset
  return { topic, letters, name, align, committed }
}

const has = (count: number, ...workers: readonly Reading[]) =>
  eventually(() => workers.every(({ values }) => values.length >= count), { what: `${count} records on each worker` })

const texts = async (topic: string, count?: number) => (await readAll(topic, count)).map(({ value }) => String(value))

test('only the numbered reader commits and reports, and its move neither stops nor doubles a stream', async () => {
  const { topic, letters, align, committed } = await declare()
  const [a, b] = [await reading(), await reading()]
  await Promise.all([align(a, true), align(b, false)])
  await write(topic, ['1', 'poison-1', '2', '3'])
  await has(3, a, b)
  await eventually(async () => (await committed()) === 4n)
  expect(b.commits).toEqual([])

  await align(a, false)
  const before = a.commits.length
  await align(b, true)
  await write(topic, ['4', 'poison-2', '5'])
  await has(5, a, b)
  await eventually(async () => (await committed()) === 7n)
  expect(a.commits).toHaveLength(before)
  expect(b.commits.at(-1)).toBe(7n)

  await align(b, false)
  await align(a, true)
  await write(topic, ['poison-3', '6'])
  await has(6, a, b)
  await eventually(async () => (await committed()) === 9n)
  expect(await texts(letters)).toEqual(['poison-1', 'poison-2', 'poison-3'])
  for (const { values } of [a, b]) expect(values).toEqual([1, 2, 3, 4, 5, 6])
})

test('the last commit before a move is made, so that the successor reports nothing twice', async () => {
  const { topic, letters, align, committed } = await declare()
  const [a, b] = [await reading({ flushIntervalMs: 600_000 }), await reading()]
  await Promise.all([align(a, true), align(b, false)])
  await write(topic, ['poison-1', '1'])
  await has(1, a, b)
  await align(a, false)
  expect(await committed()).toBe(2n)
  await align(b, true)
  await write(topic, ['2', 'poison-2'])
  expect(await texts(letters, 2)).toEqual(['poison-1', 'poison-2'])
})

test('what a numbered reader had not reported when it was lost, its successor reports', async () => {
  const { topic, letters, align, committed } = await declare()
  const [mute, b] = [await reading({ isMute: true, flushIntervalMs: 600_000 }), await reading()]
  await Promise.all([align(mute, true), align(b, false)])
  await write(topic, ['1', 'poison-1', '2', 'poison-2', '3'])
  await has(3, b)
  expect(await texts(letters)).toEqual([])
  await mute.work.abandon()
  expect(await committed()).toBeUndefined()
  await align(b, true)
  expect(await texts(letters, 2)).toEqual(['poison-1', 'poison-2'])
  await eventually(async () => (await committed()) === 5n)
  expect(b.values).toEqual([1, 2, 3])
})
