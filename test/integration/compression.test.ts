import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { type JavaProgram, startJavaProgram } from '../support/java.ts'
import { kafkaClient, newTopic, readAll } from '../support/topics.ts'

let java: JavaProgram
const servers = inject('kafka')

beforeAll(async () => {
  java = await startJavaProgram('Records')
}, 120_000)
afterAll(() => java?.close())

/** Compressible and not, small and beyond one block of every codec. */
const values = [
  ...Array.from({ length: 500 }, (_, index) => `value ${index} ${'again and again '.repeat(index % 20)}`),
  ...Array.from({ length: 20 }, () => Array.from({ length: 200 }, () => randomUUID()).join('')),
  'x'.repeat(300_000),
  '',
]

test.each(['gzip', 'snappy', 'lz4', 'zstd'])(
  '%s batches that Java wrote are read, and ours are read by Java',
  async (codec) => {
    const topic = await newTopic()
    await java.ask({ servers, topic, codec, write: values })
    const read = await readAll(topic, values.length)
    expect(read.map(({ value }) => value?.toString())).toEqual(values)

    const ours = await newTopic()
    const producer = await kafkaClient().producer({ clientId: 'test', props: { 'compression.type': codec } })
    onTestFinished(() => producer.close())
    await producer.send(values.map((value) => ({ topic: ours, key: null, value: Buffer.from(value), headers: [] })))
    const seen = await java.ask<{ readonly values: readonly string[] }>({ servers, topic: ours, read: values.length })
    expect(seen.values).toEqual(values)
  },
)
