import { expect, test } from 'vitest'
import type { KafkaRecord } from '../../../src/kafka/index.ts'
import type { Failure } from '../../../src/runtime/error-operator.ts'
import { createKeptErrors } from '../../../src/runtime/kept-errors.ts'

const failure: Failure = { stage: 'VALUE_CONVERTER', executing: 'x', error: new Error('bad') }
const record = (offset: number, value = Buffer.from('v'), partition = 0): KafkaRecord => ({
  topic: 't',
  partition,
  offset: BigInt(offset),
  timestamp: 0,
  key: null,
  value,
  headers: [],
})
const committed = (offset: number) => [{ topic: 't', partition: 0, offset: BigInt(offset) }]

async function release(
  kept: ReturnType<typeof createKeptErrors>,
  from: readonly ReturnType<typeof committed>[number][],
) {
  const reported: string[] = []
  const lost = await kept.release(from, async ({ partition, offset }) => {
    reported.push(`${partition}@${offset}`)
  })
  return { reported, lost }
}

test('what was committed is forgotten, the rest is told once and in order, also of partitions without a commit', async () => {
  const kept = createKeptErrors()
  for (const offset of [3, 4, 5, 6]) kept.keep(record(offset), failure)
  kept.keep(record(0, undefined, 1), failure)
  expect(await release(kept, committed(5))).toEqual({ reported: ['0@5', '0@6', '1@0'], lost: 0 })
  expect(await release(kept, committed(0))).toEqual({ reported: [], lost: 0 })
})

test('the last 1000 are kept; what fell out counts only where it was not committed', async () => {
  const fill = () => {
    const kept = createKeptErrors()
    for (let offset = 0; offset < 1010; offset++) kept.keep(record(offset), failure)
    return kept
  }
  const open = await release(fill(), committed(9))
  expect(open.reported).toHaveLength(1000)
  expect(open.lost).toBe(10)
  expect((await release(fill(), committed(10))).lost).toBe(0)
})

test('no more than 16 MiB of records are kept, and of each its own bytes alone', async () => {
  const kept = createKeptErrors()
  const answer = Buffer.alloc(8 * 1024 * 1024)
  for (let offset = 0; offset < 1000; offset++) kept.keep(record(offset, answer.subarray(offset, offset + 1)), failure)
  expect((await release(kept, [])).reported).toHaveLength(1000)
  for (let offset = 0; offset < 3; offset++) kept.keep(record(offset, answer), failure)
  expect(await release(kept, [])).toEqual({ reported: ['0@1', '0@2'], lost: 1 })
  let backing = 0
  kept.keep(record(0, answer.subarray(0, 1)), failure)
  await kept.release([], async ({ value }) => {
    backing = value?.buffer.byteLength ?? 0
  })
  expect(backing).toBeLessThan(answer.length)
})

test('after a report that failed the rest can be told again', async () => {
  const kept = createKeptErrors()
  for (const offset of [0, 1]) kept.keep(record(offset), failure)
  await expect(kept.release([], () => Promise.reject(new Error('Kafka is away')))).rejects.toThrow('Kafka is away')
  expect((await release(kept, [])).reported).toEqual(['0@0', '0@1'])
})
