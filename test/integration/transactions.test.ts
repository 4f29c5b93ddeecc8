import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { FencedError, type KafkaClient, type TransactionalProducer } from '../../src/kafka/index.ts'
import { kafkaClient, newTopic } from '../support/topics.ts'

const record = (topic: string, value: string, partition?: number) => ({
  topic,
  partition,
  key: null,
  value: Buffer.from(value),
  headers: [],
})

async function producer(kafka: KafkaClient, transactionalId: string): Promise<TransactionalProducer> {
  const made = await kafka.transactionalProducer({ clientId: 'transactions-test', transactionalId })
  onTestFinished(() => made.close())
  await made.open()
  return made
}

/** All values of a topic at this moment, in the order of each partition. */
async function valuesOf(kafka: KafkaClient, topic: string, isolation: 'read_committed' | 'read_uncommitted') {
  const values: string[] = []
  const log = await kafka.topicLog({
    topic,
    clientId: 'transactions-test',
    props: { 'isolation.level': isolation },
    onRecord: ({ value }) => values.push(String(value)),
  })
  await log.close()
  return values
}

const committed = (kafka: KafkaClient, topic: string) => valuesOf(kafka, topic, 'read_committed')

test('what a transaction wrote is seen when it was committed, with where each record is', async () => {
  const kafka = kafkaClient()
  const [one, two] = [await newTopic(3, kafka), await newTopic(1, kafka)]
  const transaction = await (await producer(kafka, randomUUID())).begin()
  const metadata = await transaction.send([record(one, 'a', 2), record(two, 'b'), record(one, 'c', 2)])
  expect(metadata).toEqual([
    { topic: one, partition: 2, offset: 0n },
    { topic: two, partition: 0, offset: 0n },
    { topic: one, partition: 2, offset: 1n },
  ])
  expect(await committed(kafka, one)).toEqual([])
  await transaction.commit()
  expect(await committed(kafka, one)).toEqual(['a', 'c'])
  expect(await committed(kafka, two)).toEqual(['b'])
})

test('what was aborted is never seen under read_committed, and the producer goes on', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(1, kafka)
  const writer = await producer(kafka, randomUUID())
  for (let round = 0; round < 6; round++) {
    const transaction = await writer.begin()
    await transaction.send([record(topic, `first ${round}`)])
    await transaction.send([record(topic, `second ${round}`)])
    await (round % 2 === 0 ? transaction.commit() : transaction.abort())
  }
  const seen = [0, 2, 4].flatMap((round) => [`first ${round}`, `second ${round}`])
  expect(await committed(kafka, topic)).toEqual(seen)
  expect(await valuesOf(kafka, topic, 'read_uncommitted')).toHaveLength(12)
})

test('after a record that Kafka refuses the transaction is aborted, and the next one holds what it was given', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(1, kafka)
  const writer = await producer(kafka, randomUUID())
  const first = await writer.begin()
  await first.send([record(topic, 'lost with it')])
  await expect(first.send([record(topic, 'x'.repeat(2_000_000))])).rejects.toThrow('did not acknowledge 1 records')
  await expect(first.commit()).rejects.toThrow('cannot be committed')
  await first.abort()
  const second = await writer.begin()
  await second.send([record(topic, 'kept')])
  await second.commit()
  expect(await committed(kafka, topic)).toEqual(['kept'])
})

test('who opens a transactional id fences the former producer and ends what it left open', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(1, kafka)
  const id = randomUUID()
  const zombie = await producer(kafka, id)
  const open = await zombie.begin()
  await open.send([record(topic, 'left open')])
  const successor = await producer(kafka, id)
  const transaction = await successor.begin()
  await transaction.send([record(topic, 'of the successor')])
  await expect(open.send([record(topic, 'of the zombie')])).rejects.toThrow(FencedError)
  await expect(open.commit()).rejects.toThrow('cannot be committed')
  await expect(open.abort()).rejects.toThrow(FencedError)
  await expect(zombie.begin()).rejects.toThrow(FencedError)
  await transaction.commit()
  expect(await committed(kafka, topic)).toEqual(['of the successor'])
})

test('a batch that one partition took and another refused hides nothing of the next transaction', async () => {
  const kafka = kafkaClient()
  const topic = `transactions.${randomUUID()}`
  await kafka.createTopic(topic, { partitions: 2, replicationFactor: 1, configs: { 'max.message.bytes': '1000' } })
  const writer = await producer(kafka, randomUUID())
  const first = await writer.begin()
  // The broker has the first record now, and its sequence.
  const mixed = [record(topic, 'taken', 0), record(topic, 'x'.repeat(2000), 1)]
  await expect(first.send(mixed)).rejects.toThrow('did not acknowledge 2 records')
  await first.abort()
  const second = await writer.begin()
  await second.send([record(topic, 'kept', 0)])
  await second.commit()
  expect(await committed(kafka, topic)).toEqual(['kept'])
})

test('a zombie cannot commit what it had sent before it was fenced', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(1, kafka)
  const id = randomUUID()
  const transaction = await (await producer(kafka, id)).begin()
  await transaction.send([record(topic, 'sent in time')])
  await kafka.fenceProducers([id, randomUUID()])
  await expect(transaction.commit()).rejects.toThrow(FencedError)
  expect(await committed(kafka, topic)).toEqual([])
})

test('a producer that closes aborts what it has open', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(1, kafka)
  const writer = await producer(kafka, randomUUID())
  await (await writer.begin()).send([record(topic, 'unfinished')])
  await writer.close()
  // Nothing holds back who comes later.
  const next = await (await producer(kafka, randomUUID())).begin()
  await next.send([record(topic, 'finished')])
  await next.commit()
  expect(await committed(kafka, topic)).toEqual(['finished'])
})

test('transactions follow each other without a wait for the former one', { timeout: 40_000 }, async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(1, kafka)
  const writer = await producer(kafka, randomUUID())
  const began = performance.now()
  for (let round = 0; round < 100; round++) {
    const transaction = await writer.begin()
    await transaction.send([record(topic, String(round))])
    await transaction.commit()
  }
  expect(performance.now() - began).toBeLessThan(8000)
  expect(await committed(kafka, topic)).toHaveLength(100)
})
