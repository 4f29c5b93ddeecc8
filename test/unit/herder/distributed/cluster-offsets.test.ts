import { expect, test } from 'vitest'
import { createClusterOffsets } from '../../../../src/herder/distributed/cluster-offsets.ts'
import { createPlugins } from '../../../../src/plugins/index.ts'
import { noMetrics, type WorkerDeps } from '../../../../src/runtime/index.ts'
import {
  createMemoryConfigStore,
  createMemoryStatusStore,
  createMemoryTopics,
  openTopicOffsetStore,
} from '../../../../src/storage/index.ts'
import { manualClock, recordingLog } from '../../../support/quiet.ts'
import { countingSource } from '../../../support/recording-connectors.ts'
import { fakeKafka } from '../harness.ts'

async function setUp({ exactlyOnce }: { readonly exactlyOnce: boolean }) {
  const clock = manualClock()
  const log = recordingLog()
  const topics = createMemoryTopics()
  const store = await createMemoryConfigStore({ log, clock, topics })
  const statuses = await createMemoryStatusStore({ log, clock, topics })
  const opening = { kafka: topics, log, clock }
  const opened: string[] = []
  const done: string[] = []
  const deps: WorkerDeps = {
    kafka: {
      ...fakeKafka(clock).client,
      ...topics,
      transactionalProducer(options) {
        opened.push(options.transactionalId)
        done.push('transaction')
        expect(options.props).not.toHaveProperty('enable.idempotence')
        return topics.transactionalProducer(options)
      },
    },
    plugins: createPlugins([[countingSource]]),
    offsets: await openTopicOffsetStore({ ...opening, topic: 'offsets', clientId: 'test', committedOnly: exactlyOnce }),
    log,
    clock,
    workerProps: { 'bootstrap.servers': 'kafka:9092' },
    settings: {
      'offset.flush.interval.ms': 60_000,
      'offset.flush.timeout.ms': 5000,
      'task.shutdown.graceful.timeout.ms': 5000,
      'topic.creation.enable': true,
    },
    metrics: noMetrics,
    resolver: { resolve: async (props) => ({ props, resolved: new Set(), onChange() {} }) },
    topics: { record() {} },
    exactlyOnce,
  }
  const fenceInTurn = async (name: string) => void done.push(`fence ${name}`)
  const offsets = createClusterOffsets({ deps, store, statuses, fenceInTurn, groupId: 'cluster', syncMs: 1000 })
  await store.claim()
  opened.length = 0
  await store.putConnector('c', { 'connector.class': 'CountingSource' })
  await store.putStopped('c')
  return { offsets, store, statuses, clock, opened, done }
}

const given = [{ partition: { file: 'a' }, offset: { position: 7 } }]

test('offsets of an exactly-once source are written by its first task’s producer, after its tasks were fenced', async () => {
  const { offsets, opened, done } = await setUp({ exactlyOnce: true })
  expect(await offsets.alter('c', given)).toContain('altered successfully')
  expect(opened).toEqual(['cluster-c-0'])
  expect(done).toEqual(['fence c', 'transaction'])
  expect(await offsets.list('c')).toEqual(given)
  expect(await offsets.reset('c')).toContain('reset successfully')
  expect(await offsets.list('c')).toEqual([])
})

test('offsets of any other source are simply written', async () => {
  const { offsets, opened, done } = await setUp({ exactlyOnce: false })
  await offsets.alter('c', given)
  expect([...opened, ...done]).toEqual([])
  expect(await offsets.list('c')).toEqual(given)
})

test('waits for tasks that were told to end, as long as a task may take', async () => {
  const { offsets, statuses, clock } = await setUp({ exactlyOnce: false })
  const running = { state: 'RUNNING', workerId: 'other:8083', generation: 1, version: null } as const
  statuses.putTask('c', 0, running)
  await statuses.flush(1000)
  const altered = offsets.alter('c', given)
  await clock.advance(1000)
  expect(await offsets.list('c')).toEqual([])
  statuses.putTask('c', 0, undefined)
  await clock.advance(100)
  await altered
  expect(await offsets.list('c')).toEqual(given)
})

test('knows no offsets of a connector that is not there', async () => {
  const { offsets } = await setUp({ exactlyOnce: false })
  await expect(offsets.list('none')).rejects.toMatchObject({ status: 404, message: 'Connector none not found' })
  await expect(offsets.reset('none')).rejects.toMatchObject({ status: 404 })
})
