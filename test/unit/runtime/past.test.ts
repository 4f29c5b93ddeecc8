import { expect, test } from 'vitest'
import type { ConnectRecord } from '#api'
import { DataError, RetriableError } from '#api'
import type { KafkaRecord, TopicHistory } from '../../../src/kafka/index.ts'
import type { TaskConverters } from '../../../src/runtime/converters.ts'
import { createPast } from '../../../src/runtime/past.ts'
import type { TransformChain } from '../../../src/runtime/transform-chain.ts'

const raw = (offset: number): KafkaRecord => ({
  topic: 't',
  partition: 0,
  offset: BigInt(offset),
  timestamp: 1000 + offset,
  key: null,
  value: Buffer.from(String(offset)),
  headers: [],
})

const history: TopicHistory = {
  bounds: async () => [],
  offsetsAt: async () => [],
  async *read() {
    for (const from of [0, 5]) {
      const records = Array.from({ length: 5 }, (_, index) => raw(from + index))
      yield { batch: { topic: 't', partition: 0, records, nextOffset: BigInt(from + 5) }, bytes: 100 }
    }
  },
  async close() {},
}

function convertersThat(convert: (value: string) => string): TaskConverters {
  const named = {
    name: 'Test',
    converter: {
      toConnectData: (_topic: string, bytes: Buffer | null) => ({
        value: bytes === null ? null : convert(String(bytes)),
        schema: undefined,
      }),
      fromConnectData: () => null,
      toConnectHeader: () => ({ value: null, schema: undefined }),
      fromConnectHeader: () => null,
    },
  }
  return { key: named, value: named, header: named }
}

const plain = (): TransformChain => ({ apply: (record) => [record], failed: () => '', steps: [] })

async function replay(converters: TaskConverters, newChain = plain) {
  const past = createPast({ history, converters, newChain })
  const values: unknown[] = []
  const reached: bigint[] = []
  for await (const { records, progress } of past.replay([], new AbortController().signal)) {
    values.push(...records.map(({ value }) => value))
    reached.push(...progress.map(({ offset }) => offset))
  }
  return { values, reached }
}

test('a record that cannot be converted is left out, as if it were tolerated, and reading goes on', async () => {
  const converters = convertersThat((value) => {
    if (value === '3') throw new DataError('not this one')
    return value
  })
  expect(await replay(converters)).toEqual({
    values: ['0', '1', '2', '4', '5', '6', '7', '8', '9'],
    reached: [5n, 10n],
  })
})

test('what may succeed later ends the replay, so that nothing is missing', async () => {
  const converters = convertersThat((value) => {
    if (value === '7') throw new RetriableError('the registry is away')
    return value
  })
  await expect(replay(converters)).rejects.toThrow('the registry is away')
})

test('transformations that hold state begin anew for each replay', async () => {
  const counting = (): TransformChain => {
    let count = 0
    return {
      apply: <R extends ConnectRecord>(record: R) => [{ ...record, value: count++ }],
      failed: () => '',
      steps: [],
    }
  }
  const converters = convertersThat((value) => value)
  for (let round = 0; round < 2; round++)
    expect((await replay(converters, counting)).values).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})
