import { expect, test } from 'vitest'
import { chunkBatch } from '../../../src/kafka/batches.ts'
import type { FetchedMessage, FetchedPartition } from '../../../src/kafka/internals.ts'
import { toRecord, visibleMessages } from '../../../src/kafka/messages.ts'

const message = (offset: number, extra: Partial<FetchedMessage> = {}): FetchedMessage => ({
  offset: String(offset),
  timestamp: '1',
  key: null,
  value: Buffer.from(String(offset)),
  ...extra,
})
const inTransaction = (producerId: string) => ({ batchContext: { producerId, inTransaction: true } })
const fetched = (messages: readonly FetchedMessage[], aborted: FetchedPartition['abortedTransactions'] = []) => ({
  partition: 0,
  highWatermark: '100',
  abortedTransactions: aborted,
  messages,
})
const offsets = (messages: readonly FetchedMessage[]) => messages.map(({ offset }) => Number(offset))

test('a fetch begins at a batch: what lies before the position is dropped', () => {
  expect(offsets(visibleMessages(fetched([message(3), message(4), message(5)]), 5n))).toEqual([5])
})

test('records of aborted transactions and control records are dropped, committed ones of the same producer are not', () => {
  const messages = [
    message(0, inTransaction('7')),
    message(1),
    message(2, { isControlRecord: true, ...inTransaction('7') }),
    message(3, inTransaction('7')),
    message(4, { isControlRecord: true, ...inTransaction('7') }),
  ]
  expect(offsets(visibleMessages(fetched(messages, [{ producerId: '7', firstOffset: '0' }]), 0n))).toEqual([1, 3])
})

test('a data record whose key looks like an abort marker ends no transaction', () => {
  const messages = [
    message(0, inTransaction('7')),
    message(1, { key: Buffer.from([0, 0, 0, 0]), ...inTransaction('7') }),
    message(2, inTransaction('7')),
  ]
  expect(offsets(visibleMessages(fetched(messages, [{ producerId: '7', firstOffset: '0' }]), 0n))).toEqual([])
})

test('offsets beyond 2^53 keep their digits', () => {
  const record = toRecord('t', 0, { ...message(0), offset: '9007199254740993' })
  expect(String(record.offset)).toBe('9007199254740993')
})

test('chunks follow one another without a gap, and the last ends where the batch does', () => {
  const records = [0, 1, 2, 5, 9].map((offset) => toRecord('t', 0, message(offset)))
  const chunks = chunkBatch({ topic: 't', partition: 0, records, nextOffset: 12n }, 2)
  expect(chunks.map(({ nextOffset }) => nextOffset)).toEqual([2n, 9n, 12n])
  expect(chunks.flatMap((chunk) => chunk.records)).toEqual(records)
  expect(chunkBatch({ topic: 't', partition: 0, records: [], nextOffset: 4n }, 2)).toHaveLength(1)
})
