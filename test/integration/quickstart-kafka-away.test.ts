import { randomUUID } from 'node:crypto'
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startOwnStack } from '../support/kafka-stack.ts'
import { workerHome } from '../support/worker-process.ts'
import { restOf } from '../support/worker-rest.ts'

/** How long Kafka is away. */
const awayMs = 3000

test('file to topic to file: Kafka stops in the middle and comes back, no line is lost and nobody has to help', {
  timeout: 120_000,
}, async () => {
  const stack = await startOwnStack()
  const home = await workerHome(stack.bootstrapServers)
  const [input, output] = [join(home.dir, 'in.txt'), join(home.dir, 'out.txt')]
  const strings = { 'value.converter': 'StringConverter', topic: `away.${randomUUID()}` }
  await writeFile(input, '')
  const { topic } = strings
  const worker = await home.start([
    { name: 'source', 'connector.class': 'FileStreamSource', file: input, ...strings },
    {
      name: 'sink',
      'connector.class': 'FileStreamSink',
      file: output,
      'value.converter': 'StringConverter',
      topics: topic,
    },
  ])
  const { becomes } = restOf(worker)
  let written = 0
  const writeLines = async (count: number): Promise<void> => {
    const lines = Array.from({ length: count }, () => `line ${written++}\n`)
    await appendFile(input, lines.join(''))
  }
  const received = async () => new Set((await readFile(output, 'utf8')).trim().split('\n'))
  await writeLines(200)
  await eventually(async () => (await received()).size === 200, { timeoutMs: 30_000, what: 'the first lines' })

  await writeLines(100)
  await stack.kafka.stop()
  for (let round = 0; round < 10; round++) {
    await writeLines(20)
    await sleep(awayMs / 10)
  }
  await stack.kafka.start()
  await writeLines(100)
  await eventually(async () => (await received()).size === written, { timeoutMs: 60_000, what: 'all lines' })

  expect(await received()).toEqual(new Set(Array.from({ length: written }, (_, at) => `line ${at}`)))
  for (const name of ['source', 'sink']) expect((await becomes(name, 'RUNNING')).connector.state).toBe('RUNNING')
  expect(await worker.end()).toBe(0)
})
