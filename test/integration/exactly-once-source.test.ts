import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { createTaskSlot } from '../../src/herder/task-slot.ts'
import { restartConfig } from '../../src/runtime/index.ts'
import { eventually } from '../support/eventually.ts'
import {
  committedValues,
  numbers,
  openStore,
  runExactlyOnce as run,
  exactlyOnceWorker as worker,
} from '../support/exactly-once-worker.ts'
import { startOwnStack } from '../support/kafka-stack.ts'
import { type Script, scriptedSource } from '../support/scripted-source.ts'
import { kafkaClient, newTopic, readAll } from '../support/topics.ts'

test('each poll is a transaction of records and offsets, begun after fencing and a check, and told after its commit', async () => {
  const topic = await newTopic()
  const name = randomUUID()
  const order: string[] = []
  const first = await worker()
  const told: unknown[] = []
  const script: Script = {
    count: 25,
    batch: 10,
    onStart: (next) => void order.push(`start at ${next}`),
    onCommitRecord: (record, metadata) => told.push([record.value, metadata?.offset]),
  }
  const handle = run(first, { name, topic, script, order })
  await eventually(() => told.length === 25)
  expect(order).toEqual(['fence', 'verify', 'start at 0'])
  expect(await committedValues(topic)).toEqual(numbers(0, 25))
  // Each transaction leaves a marker.
  expect(told.at(-1)).toEqual(['24', 26n])
  await handle.stop()
  run(await worker(first.offsetsTopic), { name, topic, script: { ...script, count: 30 }, order })
  await eventually(() => told.length === 30)
  expect(order.at(-1)).toBe('start at 25')
  expect(await committedValues(topic)).toEqual(numbers(0, 30))
})

test('what a worker had open when it died is not there, and the successor writes each record once', async () => {
  const topic = await newTopic()
  const name = randomUUID()
  const first = await worker()
  const dead = await first.deps.kafka.transactionalProducer({ clientId: 'dead', transactionalId: `eos-${name}-0` })
  onTestFinished(() => dead.close())
  const open = await dead.begin()
  const record = { topic, key: null, headers: [] }
  await open.send(numbers(0, 10).map((value) => ({ ...record, value: Buffer.from(value) })))
  const store = await openStore(first.deps.kafka, first.offsetsTopic)
  await open.send(store.records(name, [{ partition: { source: 'script' }, offset: { next: 10 } }]))
  const starts: number[] = []
  const script: Script = { count: 20, batch: 10, onStart: (next) => void starts.push(next) }
  run(first, { name, topic, script })
  await eventually(async () => (await committedValues(topic)).length === 20)
  expect(starts).toEqual([0])
  expect(await committedValues(topic)).toEqual(numbers(0, 20))
  await expect(open.commit()).rejects.toThrow('has begun since')
})

test('what another connector has open in the topic of offsets doubles nothing', async () => {
  const topic = await newTopic()
  const name = randomUUID()
  const first = await worker()
  let release: (() => void) | undefined
  const script: Script = {
    count: 20,
    batch: 10,
    onPoll: (next) => (next === 10 ? new Promise<void>((resolve) => (release = resolve)) : undefined),
  }
  const handle = run(first, { name, topic, script })
  await eventually(() => release)
  const other = await first.deps.kafka.transactionalProducer({ clientId: 'other', transactionalId: randomUUID() })
  onTestFinished(() => other.close())
  const store = await openStore(first.deps.kafka, first.offsetsTopic)
  const open = await other.begin()
  const partitions = Array.from({ length: 20 }, (_, n) => ({ partition: { n }, offset: { n } }))
  await open.send(store.records('other', partitions))
  release?.()
  await eventually(async () => (await committedValues(topic)).length === 20)
  handle.abandon()
  const starts: number[] = []
  const again = await worker(first.offsetsTopic)
  run(again, { name, topic, script: { count: 30, batch: 10, onStart: (next) => void starts.push(next) } })
  await expect(again.deps.offsets.list(name, AbortSignal.timeout(500))).rejects.toThrow('a transaction is open in it')
  expect(starts).toEqual([])
  await open.abort()
  await eventually(async () => (await committedValues(topic)).length === 30)
  expect(starts).toEqual([20])
  expect(await committedValues(topic)).toEqual(numbers(0, 30))
})

test('a task that is left behind in the middle of a transaction shows nothing of it', async () => {
  const topic = await newTopic()
  const name = randomUUID()
  const props = { 'transaction.boundary': 'interval', 'transaction.boundary.interval.ms': '3600000' }
  const first = await worker()
  let polls = 0
  const script: Script = { count: 20, batch: 10, onPoll: () => void polls++ }
  const handle = run(first, { name, topic, props, script })
  await eventually(() => polls >= 3)
  handle.abandon()
  run(first, { name, topic, script })
  await eventually(async () => (await committedValues(topic)).length === 20)
  expect(await committedValues(topic)).toEqual(numbers(0, 20))
})

test('with an interval the transaction ends when it is over, when the task is paused, and at a stop', async () => {
  const topic = await newTopic()
  const name = randomUUID()
  const props = { 'transaction.boundary': 'interval', 'transaction.boundary.interval.ms': '3600000' }
  const first = await worker()
  let polls = 0
  const script: Script = { count: 20, batch: 10, onPoll: () => void polls++ }
  const handle = run(first, { name, topic, props, script })
  await eventually(() => polls >= 3)
  expect(await committedValues(topic)).toEqual([])
  handle.pause()
  await eventually(async () => (await committedValues(topic)).length === 20)
  await handle.stop()
  const second = run(first, { name, topic, props, script: { ...script, count: 30 } })
  polls = 0
  await eventually(() => polls >= 3)
  expect(await committedValues(topic)).toHaveLength(20)
  await second.stop()
  expect(await committedValues(topic)).toEqual(numbers(0, 30))
  run(first, {
    name,
    topic,
    props: { ...props, 'transaction.boundary.interval.ms': '300' },
    script: { ...script, count: 35 },
  })
  await eventually(async () => (await committedValues(topic)).length === 35)
})

test('a connector says where its transactions end; what it aborts is not there and not read again', async () => {
  const topic = await newTopic()
  const name = randomUUID()
  const first = await worker()
  const starts: number[] = []
  const told: string[] = []
  const script: Script = {
    count: 10,
    batch: 10,
    onStart: (next) => void starts.push(next),
    onBatch(records, transaction) {
      for (const record of records) {
        if (record.value === '3') transaction?.commitTransaction(record)
        if (record.value === '6') transaction?.abortTransaction(record)
      }
    },
    onCommitRecord: ({ value }) => told.push(String(value)),
  }
  const props = { 'transaction.boundary': 'connector' }
  const handle = run(first, { name, topic, props, script })
  await eventually(() => told.length === 7)
  expect(await committedValues(topic)).toEqual(['0', '1', '2', '3'])
  await handle.stop()
  // 7 to 9 were in a transaction that nobody ended.
  const again: Script = { ...script, count: 12, onBatch: (_, transaction) => transaction?.commitTransaction() }
  run(first, { name, topic, props, script: again })
  await eventually(() => told.length === 12)
  expect(starts).toEqual([0, 7])
  expect(await committedValues(topic)).toEqual(['0', '1', '2', '3', ...numbers(7, 12)])
})

test('a task whose producer was fenced fails, and what it had open is not there', async () => {
  const topic = await newTopic()
  const name = randomUUID()
  const first = await worker()
  let release: (() => void) | undefined
  const script: Script = {
    count: 20,
    batch: 10,
    onPoll: (next) => (next === 10 ? new Promise<void>((resolve) => (release = resolve)) : undefined),
  }
  const handle = run(first, { name, topic, script })
  await eventually(() => release)
  await first.deps.kafka.fenceProducers([`eos-${name}-0`])
  release?.()
  const { trace } = await eventually(() => (handle.status().state === 'FAILED' ? handle.status() : undefined))
  expect(trace).toContain('Another producer with the transactional id')
  expect(await committedValues(topic)).toEqual(numbers(0, 10))
})

test('a task that was fenced and is still this worker’s begins anew by itself, and each record is there once', async () => {
  const topic = await newTopic()
  const name = randomUUID()
  const { deps } = await worker()
  let release: (() => void) | undefined
  const starts: number[] = []
  const plugin = scriptedSource({
    count: 20,
    batch: 10,
    onStart: (next) => void starts.push(next),
    onPoll: (next) => (next === 10 && !release ? new Promise<void>((resolve) => (release = resolve)) : undefined),
  })
  const slot = createTaskSlot({
    id: { connector: name, task: 0 },
    props: { name, 'connector.class': plugin.name, topic },
    plugin,
    restart: restartConfig.parse({}),
    deps,
    log: deps.log,
    workerId: () => 'here',
    inTurn: (work) => work(),
    isStarted: () => true,
    exactlyOnce: { transactionalId: `eos-${name}-0`, fence: async () => undefined, verify: async () => undefined },
  })
  onTestFinished(() => slot.stop())
  await eventually(() => release)
  await deps.kafka.fenceProducers([`eos-${name}-0`])
  release?.()
  await eventually(() => slot.state().state === 'FAILED')
  expect(slot.state().facts).toHaveProperty('nextRestart')
  await eventually(async () => (await committedValues(topic)).length === 20, { timeoutMs: 20_000 })
  expect(slot.state().state).toBe('RUNNING')
  expect(starts).toEqual([0, 10])
  expect(await committedValues(topic)).toEqual(numbers(0, 20))
})

test('a record that cannot be converted fails the task with nothing of its batch written', async () => {
  const topic = await newTopic()
  const name = randomUUID()
  const make = (index: number) => (index === 14 ? { not: 'bytes' } : Buffer.from(String(index)))
  const props = { 'value.converter': 'ByteArrayConverter' }
  const handle = run(await worker(), { name, topic, props, script: { count: 20, batch: 10, make } })
  await eventually(() => handle.status().state === 'FAILED')
  await handle.stop()
  expect(await committedValues(topic)).toEqual(numbers(0, 10))
})

test('a record that Kafka refuses is skipped alone when that is tolerated, and else fails the task', async () => {
  const topic = await newTopic()
  const name = randomUUID()
  const first = await worker()
  const script: Script = { count: 8, batch: 4, make: (index) => (index === 5 ? 'x'.repeat(2_000_000) : String(index)) }
  const strict = run(first, { name, topic, script })
  await eventually(() => strict.status().state === 'FAILED')
  expect(await committedValues(topic)).toEqual(numbers(0, 4))
  await strict.stop()
  run(first, { name, topic, script, props: { 'errors.tolerance': 'all' } })
  await eventually(async () => (await committedValues(topic)).length === 7)
  expect(await committedValues(topic)).toEqual([...numbers(0, 5), '6', '7'])
})

test('a task may not write to the topic of its offsets', async () => {
  const first = await worker()
  const name = randomUUID()
  const handle = run(first, { name, topic: first.offsetsTopic, script: { count: 1, batch: 1 } })
  const { trace } = await eventually(() => (handle.status().state === 'FAILED' ? handle.status() : undefined))
  expect(trace).toContain(
    'Source tasks may not produce to their own offsets topics when exactly-once support is enabled',
  )
})

test('offsets of a connector with a topic for them are there and in the worker’s, and survive without either', async () => {
  const topic = await newTopic()
  const name = randomUUID()
  const first = await worker()
  const own = `own.${randomUUID()}`
  const starts: number[] = []
  const script: Script = { count: 10, batch: 10, onStart: (next) => void starts.push(next) }
  const offsets = { 'offsets.storage.topic': own }
  const handle = run(first, { name, topic, script, props: offsets })
  await eventually(async () => (await first.deps.offsets.get(name, { source: 'script' }))?.['next'] === 10)
  await handle.stop()
  expect((await first.deps.kafka.topicInfo(own))?.configs['cleanup.policy']).toBe('compact')
  expect(await readAll(own)).toHaveLength(1)
  // Without the worker's topic the own one suffices, and without the own one the worker's.
  const elsewhere = run(await worker(), { name, topic, script: { ...script, count: 20 }, props: offsets })
  await eventually(async () => (await committedValues(topic)).length === 20)
  await elsewhere.stop()
  run(first, { name, topic, script: { ...script, count: 20 } })
  await eventually(() => starts.length === 3)
  expect(starts).toEqual([0, 10, 10])
})

test('while Kafka is away a task and who reads its topic wait, and each record is there once', {
  timeout: 180_000,
}, async () => {
  const stack = await startOwnStack()
  const kafka = kafkaClient(stack.bootstrapServers)
  const topic = await newTopic(2, kafka)
  const values: number[] = []
  const log = await kafka.topicLog({
    topic,
    clientId: 'away',
    props: { 'isolation.level': 'read_committed' },
    onRecord: ({ value }) => values.push(Number(value)),
  })
  onTestFinished(() => log.close())
  const props = { 'transaction.boundary': 'interval', 'transaction.boundary.interval.ms': '50' }
  const script: Script = { count: 100_000, batch: 5 }
  const first = await worker(undefined, stack.bootstrapServers)
  const handle = run(first, { name: randomUUID(), topic, props, script })
  for (let round = 0; round < 3; round++) {
    const reached = values.length + 100
    await eventually(() => values.length > reached, { timeoutMs: 30_000 })
    // Not by SIGTERM: see docs/decisions/0007.
    await stack.kafka.kill('SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 3000))
    await stack.kafka.start()
  }
  const reached = values.length + 100
  await eventually(() => values.length > reached, { timeoutMs: 30_000 })
  expect(handle.status().state).toBe('RUNNING')
  await handle.stop()
  await log.readToEnd()
  expect(values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: values.length }, (_, index) => index))
})
