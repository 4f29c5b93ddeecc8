import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { packageRoot } from '../../src/cli/package-info.ts'
import { eventually } from '../support/eventually.ts'
import { follow, itemSink, numberSchema, publishSource } from '../support/pipeline.ts'
import { register } from '../support/registry.ts'
import { kafkaClient, newTopic, readAll, write } from '../support/topics.ts'
import { type WorkerHome, type WorkerProcess, workerHome } from '../support/worker-process.ts'

const registryUrl = inject('registry')

async function startWith(...declarations: Parameters<WorkerHome['start']>[0]): Promise<WorkerProcess> {
  const home = await workerHome(inject('kafka'))
  return home.start(declarations)
}

async function failedTask(worker: WorkerProcess, name: string): Promise<string> {
  return eventually(
    async () => {
      const answer = await fetch(`${worker.restUrl}/connectors/${name}/status`)
      const { tasks } = (await answer.json()) as { tasks: { state: string; trace?: string }[] }
      return tasks.find(({ state }) => state === 'FAILED')?.trace
    },
    { what: `the failure of ${name}` },
  )
}

/** A bare socket: what it was sent, and the code it was closed with. */
function bareSocket(url: string) {
  const socket = new WebSocket(url)
  onTestFinished(() => socket.terminate())
  const frames: Record<string, unknown>[] = []
  let closed: number | undefined
  socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString()) as Record<string, unknown>))
  socket.on('close', (code) => {
    closed = code
  })
  return {
    frames,
    open: () => eventually(() => socket.readyState === WebSocket.OPEN),
    send: (text: string) => socket.send(text),
    frame: (type: string) =>
      eventually(() => frames.find((frame) => frame['type'] === type), { what: `a frame ${type}` }),
    closed: () => eventually(() => closed, { what: 'the end of the connection' }),
  }
}

const wireFormat = (id: number, payload: Buffer) => {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(id, 1)
  return Buffer.concat([head, payload])
}
/** `{seq: 7, id: "k"}` as Avro. */
const seven = Buffer.from([14, 2, 107])

test('broken JSON in a declaration ends the worker with the file, the line and what is wrong', async () => {
  const { dir } = await workerHome(inject('kafka'))
  const config = join(dir, 'worker.json')
  const broken = join(dir, 'broken.json')
  await writeFile(
    config,
    JSON.stringify({
      'bootstrap.servers': inject('kafka'),
      'key.converter': 'StringConverter',
      'value.converter': 'StringConverter',
      'offset.storage.file.filename': join(dir, 'offsets'),
      'gateway.port': 0,
      'rest.port': 0,
    }),
  )
  await writeFile(broken, '{\n  "name": "x",\n  "topics" "t"\n}')
  const main = join(packageRoot, 'dist/src/cli/main.js')
  const { status, stderr } = spawnSync(process.execPath, [main, 'worker', config, broken], { encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toContain(`${broken}:3`)
  expect(stderr).toContain('"topics" "t"')
})

test('an unknown property is a warning that names the nearest known one, and no refusal', async () => {
  const worker = await startWith({ ...itemSink('items', await newTopic(), registryUrl), 'snapshot.expires.ms': '5' })
  const warning = worker.log.find((line) => String(line['warning']).includes('snapshot.expires.ms'))
  expect(warning?.['warning']).toContain('did you mean "snapshot.expire.ms"?')
})

test('a topic that does not exist is told in log and status, and holds nobody up', async () => {
  const topic = `missing.${randomUUID()}`
  const worker = await startWith(itemSink('items', topic, registryUrl))
  await worker.ready()
  const status = (await (await fetch(`${worker.restUrl}/connectors/items/tasks/0/status`)).json()) as object
  expect(JSON.stringify(status)).toContain(topic)
  expect(worker.log.some(({ msg, topics }) => msg.includes('do not exist') && String(topics) === topic)).toBe(true)
})

test('a registry that is away fails the task with its address', async () => {
  const topic = await newTopic()
  await write(topic, [{ value: wireFormat(1, seven) }])
  const worker = await startWith(itemSink('items', topic, 'http://127.0.0.1:9'))
  const trace = await failedTask(worker, 'items')
  expect(trace).toContain('http://127.0.0.1:9')
  expect(trace).toContain(`${topic}-0@0`)
})

test('a registry that is away for a while is waited for when errors.retry.timeout says so', async () => {
  const topic = await newTopic()
  await write(topic, [{ value: wireFormat(1, seven) }])
  const worker = await startWith({ ...itemSink('items', topic, 'http://127.0.0.1:9'), 'errors.retry.timeout': '-1' })
  const answer = await fetch(`${worker.restUrl}/connectors/items/status`)
  expect(await answer.text()).not.toContain('FAILED')
  expect(await worker.end()).toBe(0)
})

test('a schema id that does not exist fails the task with the id', async () => {
  const topic = await newTopic()
  await write(topic, [{ value: wireFormat(1_999_999_999, seven) }])
  const trace = await failedTask(await startWith(itemSink('items', topic, registryUrl)), 'items')
  expect(trace).toContain('1999999999')
  expect(trace).toContain('VALUE_CONVERTER')
})

test('a truncated Avro value fails the task with where it is; tolerated, the stream goes on', async () => {
  const topic = await newTopic()
  const id = await register(`${topic}-value`, numberSchema)
  await write(topic, [{ value: wireFormat(id, seven) }, { value: wireFormat(id, seven.subarray(0, 2)) }])
  const sink = itemSink('items', topic, registryUrl)
  const trace = await failedTask(await startWith(sink), 'items')
  expect(trace).toContain(`${topic}-0@1`)

  const dlq = `dlq.${randomUUID()}`
  const worker = await startWith({
    ...sink,
    name: 'tolerant',
    'errors.tolerance': 'all',
    'errors.deadletterqueue.topic.name': dlq,
    'errors.deadletterqueue.topic.replication.factor': '1',
  })
  await worker.ready()
  const follower = follow(worker.socketUrl, 'all')
  await eventually(() => follower.subscribed.length > 0)
  await write(topic, [{ value: wireFormat(id, seven) }])
  await eventually(() => follower.seqs.length === 1)
  expect((await readAll(dlq, 1))[0]?.value).toEqual(wireFormat(id, seven.subarray(0, 2)))
})

test('at the gate: what is no JSON, too large, malformed, forged or does not fit is answered with what is wrong', async () => {
  const topic = await newTopic()
  await register(`${topic}-value`, numberSchema)
  const worker = await startWith(itemSink('items', topic, registryUrl), publishSource('in', topic, registryUrl))
  await worker.ready()

  const noJson = bareSocket(worker.socketUrl)
  await noJson.open()
  noJson.send('hello')
  expect(await noJson.closed()).toBeGreaterThanOrEqual(4500)

  const large = bareSocket(worker.socketUrl)
  await large.open()
  large.send(JSON.stringify({ type: 'publish', id: 1, channel: 'in', data: 'x'.repeat(70_000) }))
  expect(await large.closed()).toBeGreaterThanOrEqual(1009)

  const socket = bareSocket(worker.socketUrl)
  await socket.open()
  socket.send(JSON.stringify({ type: 'subscribe', id: 1, channel: 'item::' }))
  expect(await socket.frame('error')).toMatchObject({ id: 1, code: expect.stringContaining('channel') })
  socket.send(JSON.stringify({ type: 'subscribe', id: 2, channel: 'all', position: 'forged.0' }))
  expect(await socket.frame('subscribed')).toMatchObject({ id: 2, recovered: false, reason: 'position_invalid' })

  const { client } = follow(worker.socketUrl, 'all')
  await expect(client.publish('in', { seq: 'many', id: 'k' })).rejects.toMatchObject({ code: 'invalid', field: 'seq' })
  await expect(client.publish('in', { seq: 2 ** 60, id: 'k' })).rejects.toMatchObject({ code: 'unsafe_integer' })
  await expect(client.publish('nowhere:x', {})).rejects.toMatchObject({ code: 'forbidden' })
  await client.publish('in', { seq: '1152921504606846977', id: 'k' })
  const [record] = await readAll(topic, 1, kafkaClient())
  expect(record?.value?.length).toBeGreaterThan(5)
})
