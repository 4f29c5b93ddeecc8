import { expect, test } from 'vitest'
import type { SourceRecord } from '#api'
import { ConnectError, RetriableError } from '#api'
import { FencedError, type ProducerRecord, type TransactionalProducer } from '../../../src/kafka/index.ts'
import { noMetrics } from '../../../src/runtime/index.ts'
import type { TaskRun } from '../../../src/runtime/task-run.ts'
import { createTransactionRequests } from '../../../src/runtime/transaction-requests.ts'
import { createTransactionalOutlet } from '../../../src/runtime/transactional-outlet.ts'
import { createMemoryOffsetStore } from '../../../src/storage/index.ts'
import { manualClock, quietLog } from '../../support/quiet.ts'

/** Keeps what was committed, and fails when a test says so. */
function fakeProducer(
  fail: (step: 'send' | 'commit', records: readonly ProducerRecord[]) => unknown = () => undefined,
) {
  const committed: string[][] = []
  const aborted: string[][] = []
  const textOf = ({ value }: ProducerRecord) => String(value)
  const producer: TransactionalProducer = {
    open: async () => undefined,
    close: async () => undefined,
    async begin() {
      const records: ProducerRecord[] = []
      return {
        async send(more) {
          const error = fail('send', more)
          if (error) throw error
          records.push(...more)
          return more.map(({ topic }, index) => ({ topic, partition: 0, offset: BigInt(records.length + index) }))
        },
        async commit() {
          const error = fail('commit', records)
          if (error) throw error
          committed.push(records.map(textOf))
        },
        async abort() {
          aborted.push(records.map(textOf))
        },
      }
    },
  }
  return { producer, committed, aborted }
}

const record = (n: number): SourceRecord => ({
  topic: 't',
  key: null,
  value: n,
  headers: [],
  path: [],
  sourcePartition: { p: 1 },
  sourceOffset: { n },
})

const outgoing = (only: SourceRecord) => ({
  record: only,
  messages: [{ topic: 't', key: null, value: Buffer.from(String(only.value)), headers: [] }],
})

const batch = (...numbers: number[]) => numbers.map((n) => outgoing(record(n)))

function setUp(
  producer: TransactionalProducer,
  options: { boundary?: 'poll' | 'interval' | 'connector'; tolerated?: boolean } = {},
) {
  const clock = manualClock()
  const told: string[] = []
  const copied: unknown[] = []
  let thrower: number | undefined
  const stopping = new AbortController()
  const requests = createTransactionRequests()
  const run = {
    connector: 'c',
    task: 0,
    log: quietLog,
    signal: stopping.signal,
    cancelled: () => false,
  } as unknown as TaskRun
  const outlet = createTransactionalOutlet({
    producer,
    store: {
      ...createMemoryOffsetStore(),
      records: (_, offsets) =>
        offsets.map(({ offset }) => ({
          topic: 'offsets',
          key: null,
          value: Buffer.from(JSON.stringify(offset)),
          headers: [],
        })),
      copy: async (_, offsets) => void copied.push(...offsets),
    },
    task: {
      poll: async () => [],
      commitRecord({ value }, metadata, error) {
        if (value === thrower) throw new Error('told')
        told.push(`${String(value)} ${metadata ? 'written' : error ? 'refused' : 'dropped'}`)
      },
      commit: () => void told.push('commit'),
    },
    run,
    deps: { clock, topics: { record() {} } },
    errors: {
      async fail(_, { error }) {
        if (!options.tolerated) throw error
      },
    },
    metrics: noMetrics.task({ connector: 'c', task: 0, type: 'source', class: 'C', version: '1' }),
    topics: undefined,
    boundary: options.boundary ?? 'poll',
    intervalMs: 1000,
    requests,
  })
  return { outlet, clock, told, copied, stopping, requests, throwOn: (n: number) => void (thrower = n) }
}

test('records and their newest offset are one transaction, and the task is told after it', async () => {
  const { producer, committed } = fakeProducer()
  const { outlet, told, copied } = setUp(producer)
  await outlet.deliver(batch(1, 2), true)
  expect(committed).toEqual([['1', '2', '{"n":2}']])
  expect(told).toEqual(['1 written', '2 written', 'commit'])
  expect(copied).toEqual([{ partition: { p: 1 }, offset: { n: 2 } }])
})

test('what fails on its way is aborted and sent again whole, in another transaction', async () => {
  let sends = 0
  const { producer, committed, aborted } = fakeProducer((step) =>
    step === 'send' && ++sends === 3 ? new RetriableError('away') : undefined,
  )
  const { outlet, clock, told } = setUp(producer, { boundary: 'interval' })
  await outlet.deliver(batch(1), true)
  await outlet.deliver(batch(2), true)
  let isDelivered = false
  const third = outlet.deliver(batch(3), true).then(() => (isDelivered = true))
  while (!isDelivered) await clock.advance(50)
  await third
  expect(aborted).toEqual([['1', '2']])
  expect(committed).toEqual([])
  await outlet.settle()
  expect(committed).toEqual([['1', '2', '3', '{"n":3}']])
  expect(told).toEqual(['1 written', '2 written', '3 written', 'commit'])
})

test('a commit that nobody confirmed, or a fence, fails the task and nothing is sent again', async () => {
  for (const error of [new ConnectError('nobody has said'), new FencedError('zombie')]) {
    let commits = 0
    const { producer, committed, aborted } = fakeProducer((step) =>
      step === 'commit' && ++commits ? error : undefined,
    )
    const { outlet, told } = setUp(producer)
    await expect(outlet.deliver(batch(1), true)).rejects.toBe(error)
    expect({ commits, committed, aborted, told }).toEqual({ commits: 1, committed: [], aborted: [], told: [] })
  }
})

test('a refused record is found alone; tolerated, the others are one transaction', async () => {
  const refusing = (step: string, records: readonly ProducerRecord[]) =>
    step === 'send' && records.some(({ value }) => String(value) === '2') ? new ConnectError('too large') : undefined
  const tolerant = fakeProducer(refusing)
  const first = setUp(tolerant.producer, { tolerated: true })
  await first.outlet.deliver(batch(1, 2, 3), true)
  expect(tolerant.committed).toEqual([['1', '3', '{"n":3}']])
  expect(first.told).toEqual(['1 written', '2 refused', '3 written', 'commit'])
  const strict = fakeProducer(refusing)
  await expect(setUp(strict.producer).outlet.deliver(batch(1, 2, 3), true)).rejects.toThrow(
    'Unrecoverable exception trying to send: too large',
  )
  expect(strict.committed).toEqual([])
})

test('a batch that fails the task leaves nothing; dropped records move the offset on', async () => {
  const { producer, committed } = fakeProducer()
  const { outlet, told } = setUp(producer)
  await outlet.deliver(batch(1), false)
  expect(committed).toEqual([])
  await outlet.deliver([{ record: record(5), messages: [] }], true)
  expect(committed).toEqual([['{"n":5}']])
  expect(told).toEqual(['5 dropped', 'commit'])
})

test('with an interval a transaction ends when it is over, also when no more records come', async () => {
  const { producer, committed } = fakeProducer()
  const { outlet, clock } = setUp(producer, { boundary: 'interval' })
  await outlet.deliver(batch(1), true)
  await outlet.tick()
  expect(committed).toEqual([])
  await clock.advance(1000)
  await outlet.tick()
  expect(committed).toEqual([['1', '{"n":1}']])
  await clock.advance(1000)
  await outlet.tick()
  expect(committed).toHaveLength(1)
})

test('a connector ends its transactions after records and batches; what it aborts moves the offset on', async () => {
  const { producer, committed, aborted } = fakeProducer()
  const { outlet, requests } = setUp(producer, { boundary: 'connector' })
  await outlet.deliver(batch(1, 2), true)
  expect(committed).toEqual([])
  const next = batch(3, 4, 5)
  requests.context.abortTransaction(next[0]?.record)
  requests.context.commitTransaction(next[1]?.record)
  await outlet.deliver(next, true)
  expect(aborted).toEqual([['1', '2']])
  expect(committed).toEqual([['{"n":3}'], ['4', '{"n":4}']])
  await outlet.settle()
  expect(committed).toHaveLength(2)
  requests.context.commitTransaction()
  await outlet.tick()
  expect(committed.at(-1)).toEqual(['5', '{"n":5}'])
})

test('both ends at once are an error of the connector', async () => {
  const { outlet, requests } = setUp(fakeProducer().producer, { boundary: 'connector' })
  requests.context.commitTransaction()
  requests.context.abortTransaction()
  await expect(outlet.deliver(batch(1), true)).rejects.toThrow('requested both commit and abort of same transaction')
})

test('a pause within a transaction of the connector’s own leaves none open, and loses nothing of it', async () => {
  const { producer, committed, aborted } = fakeProducer()
  const { outlet, requests } = setUp(producer, { boundary: 'connector' })
  await outlet.deliver(batch(1, 2), true)
  await outlet.settle()
  expect(aborted).toEqual([['1', '2']])
  expect(committed).toEqual([])
  await outlet.settle()
  requests.context.commitTransaction()
  await outlet.deliver(batch(3), true)
  expect(aborted).toHaveLength(1)
  expect(committed).toEqual([['1', '2', '3', '{"n":3}']])
})

test('a task that throws when it is told of one record is told of the others', async () => {
  const { producer } = fakeProducer()
  const { outlet, told, throwOn } = setUp(producer)
  throwOn(2)
  await outlet.deliver(batch(1, 2, 3), true)
  expect(told).toEqual(['1 written', '3 written', 'commit'])
})
