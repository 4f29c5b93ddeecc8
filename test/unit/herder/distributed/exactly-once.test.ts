import { expect, test } from 'vitest'
import { createClusterCalls } from '../../../../src/herder/distributed/cluster-calls.ts'
import { createFencing } from '../../../../src/herder/distributed/fencing.ts'
import { serializeByName } from '../../../../src/herder/serialize.ts'
import { createPlugins } from '../../../../src/plugins/index.ts'
import { createMemoryConfigStore } from '../../../../src/storage/index.ts'
import { manualClock, recordingLog } from '../../../support/quiet.ts'
import { countingSource, recordingSink } from '../../../support/recording-connectors.ts'
import { fakeKafka } from '../harness.ts'

async function setUp() {
  const clock = manualClock()
  const store = await createMemoryConfigStore({ log: recordingLog(), clock })
  await store.claim()
  const fenced: (readonly string[])[] = []
  const during: { work?: (() => Promise<void>) | undefined } = {}
  const queues = serializeByName()
  const { fence, fenceInTurn } = createFencing({
    deps: {
      kafka: {
        ...fakeKafka(clock).client,
        async fenceProducers(ids) {
          fenced.push(ids)
          await during.work?.()
        },
      },
      plugins: createPlugins([[countingSource, recordingSink]]),
      resolver: { resolve: async (props) => ({ props, resolved: new Set(), onChange() {} }) },
      workerProps: {},
    },
    store,
    claims: { write: (work) => work() },
    groupId: 'cluster',
    syncMs: 1000,
    inTurn: queues.of,
  })
  const tasks = (count: number) =>
    store.putTasks(
      'c',
      Array.from({ length: count }, (_, n) => ({ part: String(n) })),
    )
  const entry = () => store.state().connectors.get('c')
  await store.putConnector('c', { 'connector.class': 'CountingSource' })
  return { store, fence, fenceInTurn, fenced, tasks, entry, during, inTurn: queues.of('c') }
}

const refusal = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'not refused',
    (error: unknown) => error,
  )

test('the first set of tasks has nobody to fence, and is recorded', async () => {
  const { fence, fenced, tasks, entry } = await setUp()
  await tasks(3)
  expect(entry()).toMatchObject({ pendingFencing: true, fencedCount: undefined })
  await fence('c')
  expect(fenced).toEqual([])
  expect(entry()).toMatchObject({ pendingFencing: false, fencedCount: 3 })
})

test('the next set fences as many producers as the last one had, once for all who ask', async () => {
  const { fence, fenced, tasks, entry } = await setUp()
  await tasks(3)
  await fence('c')
  await tasks(2)
  await Promise.all([fence('c'), fence('c')])
  expect(fenced).toEqual([['cluster-c-0', 'cluster-c-1', 'cluster-c-2']])
  expect(entry()).toMatchObject({ pendingFencing: false, fencedCount: 2 })
  await fence('c')
  expect(fenced).toHaveLength(1)
})

test('one task after one task fences its predecessor itself', async () => {
  const { fence, fenced, tasks, entry } = await setUp()
  await tasks(1)
  await fence('c')
  await tasks(1)
  await fence('c')
  expect(fenced).toEqual([])
  expect(entry()).toMatchObject({ pendingFencing: false, fencedCount: 1 })
})

test('a stop fences the tasks that were', async () => {
  const { store, fence, fenced, tasks, entry } = await setUp()
  await tasks(2)
  await fence('c')
  await store.putStopped('c')
  await fence('c')
  expect(fenced).toEqual([['cluster-c-0', 'cluster-c-1']])
  expect(entry()).toMatchObject({ pendingFencing: false, fencedCount: 0 })
})

test('tasks that are replaced while their predecessors are fenced are not recorded', async () => {
  const { fence, tasks, entry, during } = await setUp()
  await tasks(3)
  await fence('c')
  await tasks(2)
  during.work = () => tasks(4)
  expect(await refusal(fence('c'))).toMatchObject({
    status: 409,
    message: expect.stringContaining('new task configurations were generated'),
  })
  expect(entry()).toMatchObject({ pendingFencing: true, fencedCount: 3 })
})

test('tasks that are about to be written when their predecessors were fenced have to be fenced for', async () => {
  const { fence, tasks, entry, during, inTurn } = await setUp()
  await tasks(3)
  await fence('c')
  await tasks(2)
  const written: Promise<void>[] = []
  during.work = async () => void written.push(inTurn(() => tasks(4)))
  expect(await refusal(fence('c'))).toMatchObject({ status: 409 })
  await Promise.all(written)
  expect(entry()).toMatchObject({ pendingFencing: true, fencedCount: 3 })
  during.work = undefined
  await fence('c')
  expect(entry()).toMatchObject({ pendingFencing: false, fencedCount: 4 })
})

test('a round for newer tasks waits for the one before, which would fence them when it is late', async () => {
  const { fence, fenced, tasks, during } = await setUp()
  await tasks(3)
  await fence('c')
  await tasks(2)
  let go: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    go = resolve
  })
  during.work = () => held
  const early = refusal(fence('c'))
  await expect.poll(() => fenced.length).toBe(1)
  await tasks(4)
  const late = fence('c')
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(fenced).toHaveLength(1)
  go()
  expect(await early).toMatchObject({ status: 409 })
  await late
  expect(fenced).toHaveLength(2)
})

test('who has the turn of a connector fences in it', async () => {
  const { store, fenceInTurn, fenced, tasks, entry, inTurn, fence } = await setUp()
  await tasks(2)
  await fence('c')
  await inTurn(async () => {
    await store.putStopped('c')
    await fenceInTurn('c')
  })
  expect(fenced).toEqual([['cluster-c-0', 'cluster-c-1']])
  expect(entry()).toMatchObject({ pendingFencing: false, fencedCount: 0 })
})

test('only sources are fenced, and only those that are there', async () => {
  const { store, fence } = await setUp()
  await store.putConnector('sink', { 'connector.class': 'RecordingSink', topics: 't' })
  expect(await refusal(fence('sink'))).toMatchObject({
    status: 400,
    message: 'Connector sink is not a source connector',
  })
  expect(await refusal(fence('none'))).toMatchObject({ status: 404, message: 'Connector none not found' })
})

test('a task may begin only of the newest set and where it belongs', async () => {
  const { store, tasks, entry } = await setUp()
  await tasks(1)
  const mine = { connectors: [], tasks: [{ connector: 'c', task: 0 }] }
  const group = { work: () => mine } as never
  const nobody = () => Promise.reject(new Error('not asked'))
  const calls = createClusterCalls({
    store,
    group: () => group,
    turns: { whenSettled: nobody, lead: nobody, own: nobody, whileUnchanged: nobody, wake() {} },
    client: { send: nobody, close() {} },
    leader: { putTasks: nobody, fence: nobody },
  })
  const generation = entry()?.tasksGeneration ?? 0
  expect(await calls.verify({ connector: 'c', task: 0 }, generation)).toBeUndefined()
  expect(await refusal(calls.verify({ connector: 'c', task: 1 }, generation))).toMatchObject({
    message: expect.stringContaining('c-1 as it has already been revoked from this worker'),
  })
  await tasks(1)
  expect(await refusal(calls.verify({ connector: 'c', task: 0 }, generation))).toMatchObject({
    message: expect.stringContaining('already generated a new set of task configs'),
  })
})
