import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import avsc from 'avsc'
import kafkajs from 'kafkajs'
import { beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { createFleet, type VehicleEntity } from '../../examples/buses/fleet.ts'
import { loadTown } from '../../examples/buses/load-town.ts'
import { packageRoot } from '../../src/cli/package-info.ts'
import type { Preview } from '../../src/runtime/index.ts'
import { schemaOf } from '../support/buses-example.ts'
import { register } from '../support/registry.ts'
import { runCli } from '../support/run-cli.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { newTopic, write } from '../support/topics.ts'
import { workerHome } from '../support/worker-process.ts'

const registry = inject('registry')
const positions = 'transit.vehicle-positions'
const seed = 1
let reports: readonly (readonly VehicleEntity[])[] = []

beforeAll(async () => {
  const fleet = createFleet(await loadTown({ seed }), seed)
  reports = [fleet.report(0), fleet.report(0)]
})

/** A topic that holds one record that is no Avro, then two reports of the fleet. */
async function fleetTopic(): Promise<string> {
  const topic = await newTopic()
  const schema = await schemaOf(positions)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(await register(`${topic}-value`, schema), 1)
  const type = avsc.Type.forSchema(schema as avsc.Schema)
  await write(topic, [{ key: 'poison', value: 'no Avro at all' }])
  for (const report of reports) {
    await write(topic, [{ key: 'fleet', value: Buffer.concat([head, type.toBuffer(report.map(withNumber))]) }])
  }
  return topic
}

/** As avsc wants its longs. */
const withNumber = ({ id, vehicle }: VehicleEntity) => ({
  id,
  vehicle: { ...vehicle, timestamp: Number(vehicle.timestamp) },
})

/** The declaration of the example on this topic, as a file. */
async function declarationFile(topic: string, dir: string): Promise<string> {
  const text = await readFile(join(packageRoot, 'connectors', 'bus-positions.json'), 'utf8')
  const own = text.replace('http://127.0.0.1:8081/apis/ccompat/v7', registry).replace(positions, topic)
  const { name, config } = JSON.parse(own) as { name: string; config: object }
  const file = join(dir, 'bus-positions.json')
  const errors = { 'errors.tolerance': 'all', 'errors.deadletterqueue.topic.name': `dlq.${topic}` }
  await writeFile(file, JSON.stringify({ name: `${name}-${topic}`, config: { ...config, ...errors } }))
  return file
}

const workerFile = async (dir: string): Promise<string> => {
  const file = join(dir, 'worker.json')
  const config = {
    'bootstrap.servers': inject('kafka'),
    'key.converter': 'StringConverter',
    'value.converter': 'JsonConverter',
    'offset.storage.file.filename': join(dir, 'offsets'),
    'gateway.namespaces': { bus: { subscribe: 'anonymous' }, buses: { subscribe: 'anonymous' } },
  }
  await writeFile(file, JSON.stringify(config))
  return file
}

/** What Kafka and the registry hold that has to do with a topic. */
async function traces(topic: string) {
  const admin = new kafkajs.Kafka({ brokers: [inject('kafka')], logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  onTestFinished(() => admin.disconnect())
  const { groups } = await admin.listGroups()
  const subjects = (await (await fetch(`${registry}/subjects`)).json()) as string[]
  return {
    groups: groups.map(({ groupId }) => groupId).filter((id) => id.includes(topic)),
    topics: (await admin.listTopics()).filter((name) => name.includes(topic)),
    ends: (await admin.fetchTopicOffsets(topic)).map(({ low, high }) => ({ low, high })),
    subjects: subjects.filter((subject) => subject.includes(topic)),
    versions: await (await fetch(`${registry}/subjects/${topic}-value/versions`)).json(),
  }
}

test('a declaration of the example shows every stage of real records, on the command line and by REST, and leaves no trace', async () => {
  const dir = await tempFolder()
  const topic = await fleetTopic()
  const [file, worker] = [await declarationFile(topic, dir), await workerFile(dir)]
  const before = await traces(topic)

  const { code, stdout } = await runCli(['preview', file, '--worker', worker, '--limit', '2', '--json'])
  expect(code).toBe(0)
  const { records, warnings } = JSON.parse(stdout) as Preview
  expect(warnings).toEqual([])
  expect(records.map(({ origin }) => origin)).toEqual([
    { topic, partition: 0, offset: '1' },
    { topic, partition: 0, offset: '2' },
  ])
  const [{ stages } = { stages: [] }] = records
  const names = ['key.converter', 'value.converter', 'header.converter', 'split', 'project', 'route', 'message']
  expect(stages.map(({ stage }) => stage)).toEqual(names)
  const [buses = []] = reports
  const ids = buses.map(({ id }) => id)
  expect(ids.length).toBeGreaterThan(50)
  expect(stages[0]?.records).toMatchObject([{ key: 'fleet' }])
  expect(stages[1]?.records).toMatchObject([
    { value: buses.map(({ id, vehicle: { position } }) => ({ id, vehicle: { position } })) },
  ])
  expect(stages[3]?.records.map(({ value }) => (value as { id: string }).id)).toEqual(ids)
  expect(Object.keys(stages[4]?.records[0]?.value as object)).toEqual(['id', 'lat', 'long'])
  // Each bus goes to a channel of its own and to the one of all.
  expect(stages[5]?.records.map(({ channel }) => channel)).toEqual(ids.flatMap((id) => [`bus:${id}`, 'buses']))
  expect(JSON.parse(stages[6]?.records[0]?.message ?? '')).toEqual(stages[4]?.records[0]?.value)

  const home = await workerHome(inject('kafka'), {
    'gateway.namespaces.bus.subscribe': 'anonymous',
    'gateway.namespaces.buses.subscribe': 'anonymous',
  })
  const { restUrl } = await home.start([])
  const { config } = JSON.parse(await readFile(file, 'utf8')) as { config: object }
  const byRest = await fetch(`${restUrl}/connector-plugins/WebSocketServerSink/preview?limit=2`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'previewed', ...config }),
  })
  expect(await byRest.json()).toEqual({ records, warnings: [] })
  expect(await traces(topic)).toEqual(before)
  expect(before).toMatchObject({ groups: [], topics: [topic], ends: [{ low: '0', high: '3' }], versions: [1] })
})

test('for people each stage is a paragraph, and a record that would fail says where and why in the exit code too', async () => {
  const dir = await tempFolder()
  const topic = await fleetTopic()
  const [file, worker] = [await declarationFile(topic, dir), await workerFile(dir)]
  const { code, stdout } = await runCli(['preview', file, '--worker', worker])
  expect(code).toBe(1)
  const [poison = '', first = ''] = stdout.split('\n\n')
  expect(poison).toContain(`${topic}-0@0\n  key.converter     StringConverter\n      "poison"`)
  expect(poison).toMatch(/ {2}value\.converter {3}AvroConverter {2}FAILS HERE\n/)
  // The hexdump of what could not be read.
  expect(poison).toContain('6e 6f 20 41 76 72 6f')
  expect(first).toMatch(/\n {2}split {13}Split {2}\d+ records\n/)
  const [bus] = reports[0] ?? []
  expect(first).toContain(`channel bus:${bus?.id}  {"id":"${bus?.id}","lat":`)
  expect(first).toMatch(/… and \d+ more/)
  expect(stdout).toMatch(/3 records, 1 of them failing; nothing was sent or committed\n$/)
  expect(await traces(topic)).toMatchObject({ groups: [], topics: [topic] })
})

test('what cannot be previewed ends with a sentence and exit code 1', async () => {
  const dir = await tempFolder()
  const worker = await workerFile(dir)
  const topic = `empty.${randomUUID()}`
  const source = join(dir, 'source.json')
  await writeFile(source, JSON.stringify({ name: 's', 'connector.class': 'FileStreamSource', topic, file: '/tmp/x' }))
  expect(await runCli(['preview', source, '--worker', worker])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('A preview shows what a sink makes of records that topics hold'),
  })
  const wrong = join(dir, 'wrong.json')
  await writeFile(wrong, JSON.stringify({ name: 'w', 'connector.class': 'FileStreamSink', 'errors.tolerance': 'some' }))
  expect(await runCli(['preview', wrong, '--worker', worker])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/some for configuration errors\.tolerance[^]*one of topics or topics\.regex/),
  })
  const empty = join(dir, 'empty.json')
  await writeFile(empty, JSON.stringify({ name: 'e', 'connector.class': 'FileStreamSink', topics: topic }))
  expect(await runCli(['preview', empty, '--worker', worker])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`There are no records to preview in ${topic}.`),
  })
  expect((await runCli(['preview', empty, '--limit', '0'])).stderr).toContain('1 to 1000')
  const away = await runCli(['preview', empty, '--worker', worker, '-s', 'bootstrap.servers=127.0.0.1:9'])
  expect(away).toMatchObject({ code: 1, stderr: expect.stringContaining('127.0.0.1:9') })
})
