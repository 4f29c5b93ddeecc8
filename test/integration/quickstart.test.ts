import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { beforeEach, expect, inject, onTestFinished, test } from 'vitest'
import { documented, layOut } from '../support/documented-files.ts'
import { eventually } from '../support/eventually.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { readAll } from '../support/topics.ts'
import { spawnWorker } from '../support/worker-process.ts'

const registry = inject('registry')
const topic = 'connect-test'
const group = 'connect-local-file-sink'

/** The documents name their topic: nothing of it may be left from an earlier run. */
beforeEach(async () => {
  const admin = new kafkajs.Kafka({ brokers: [inject('kafka')], logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    const { groups } = await admin.listGroups()
    // A worker that was killed is a member until its session ends.
    const deleted = async () => (await admin.deleteGroups([group])).length > 0
    if (groups.some(({ groupId }) => groupId === group)) {
      await eventually(deleted, { timeoutMs: 50_000, what: `the end of the group ${group}` })
    }
    if ((await admin.listTopics()).includes(topic)) await admin.deleteTopics({ topics: [topic] })
    await eventually(async () => !(await admin.listTopics()).includes(topic), { what: `the end of ${topic}` })
    for (const side of ['key', 'value']) await fetch(`${registry}/subjects/${topic}-${side}`, { method: 'DELETE' })
  } finally {
    await admin.disconnect()
  }
})

/**
 * Runs a document's three files, unchanged, in a folder of their own, as `connect-standalone` would. Where Kafka, the registry and this
 * test's offsets and ports are is said on the command line.
 */
async function run(files: (typeof documented)[keyof typeof documented]) {
  const dir = await tempFolder()
  const args = await layOut(dir, files)
  await writeFile(join(dir, 'test.txt'), 'foo\nbar\n')
  const here = {
    'bootstrap.servers': inject('kafka'),
    'offset.storage.file.filename': join(dir, 'connect.offsets'),
    'rest.port': '0',
    'gateway.port': '0',
    ...(files.worker.includes('schema.registry.url') && {
      'key.converter.schema.registry.url': registry,
      'value.converter.schema.registry.url': registry,
    }),
  }
  const flags = Object.entries(here).flatMap(([name, value]) => ['-s', `${name}=${value}`])
  const worker = await spawnWorker([...args, ...flags], { cwd: dir })
  onTestFinished(async () => void (await worker.end()))
  const written = (count: number) =>
    eventually(
      async () => {
        const text = await readFile(join(dir, 'test.sink.txt'), 'utf8')
        return text.split('\n').length > count && text
      },
      { what: `${count} lines in the sink's file` },
    )
  return { dir, worker, written }
}

const valuesOf = async (count: number): Promise<readonly string[]> =>
  (await readAll(topic, count)).map(({ value }) => String(value))

test("the files of Kafka's quickstart run unchanged: lines go from file to topic to file, and a jar in plugin.path is a warning", async () => {
  const { dir, worker, written } = await run(documented.quickstart)
  expect(await written(2)).toBe('foo\nbar\n')
  await appendFile(join(dir, 'test.txt'), 'Another line\n')
  expect(await written(3)).toBe('foo\nbar\nAnother line\n')
  // What the document says that kafka-console-consumer prints.
  expect((await valuesOf(3)).slice(0, 2)).toEqual([
    '{"schema":{"type":"string","optional":false},"payload":"foo"}',
    '{"schema":{"type":"string","optional":false},"payload":"bar"}',
  ])
  const warnings = worker.log.filter(({ level }) => level >= 40).map(({ msg }) => msg)
  expect(warnings.filter((msg) => msg.includes('connect-file-4.3.1.jar'))).toHaveLength(1)
  expect(await (await fetch(`${worker.restUrl}/connectors`)).json()).toEqual(['local-file-source', 'local-file-sink'])
  expect(await worker.end()).toBe(0)
})

test("Kafka's example of transformations gives what the document prints", async () => {
  const { written } = await run(documented.transformations)
  await written(2)
  expect(await valuesOf(2)).toEqual([
    '{"line":"foo","data_source":"test-file-source"}',
    '{"line":"bar","data_source":"test-file-source"}',
  ])
})

test("Confluent's files for Avro run unchanged: strings as Avro, their schema registered, and back", async () => {
  const { worker, written } = await run(documented.avro)
  expect(await written(2)).toBe('foo\nbar\n')
  const latest = (await (await fetch(`${registry}/subjects/${topic}-value/versions/latest`)).json()) as {
    id: number
    schema: string
  }
  expect(JSON.parse(latest.schema)).toMatch(/^string$/)
  const [first] = await readAll(topic, 2)
  expect(first?.value?.readUInt8(0)).toBe(0)
  expect(first?.value?.readUInt32BE(1)).toBe(latest.id)
  expect(first?.value?.subarray(5)).toEqual(Buffer.from('\u0006foo'))
  expect(worker.log.filter(({ level, msg }) => level >= 40 && msg.includes('share/java'))).toHaveLength(1)
})

test('with the transformations they write Avro records, whose schema is registered and read back', async () => {
  const { written } = await run(documented.avroRecords)
  const lines = (await written(2)).trim().split('\n')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { line: 'foo', data_source: 'test-file-source' },
    { line: 'bar', data_source: 'test-file-source' },
  ])
  const latest = await fetch(`${registry}/subjects/${topic}-value/versions/latest`)
  const { schema } = (await latest.json()) as { schema: string }
  expect(JSON.parse(schema)).toMatchObject({
    type: 'record',
    fields: [
      { name: 'line', type: 'string' },
      { name: 'data_source', type: ['null', 'string'] },
    ],
  })
})
