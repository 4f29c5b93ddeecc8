import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { parsePrometheus } from '../support/prometheus-text.ts'
import { newTopic, write } from '../support/topics.ts'
import { workerHome } from '../support/worker-process.ts'
import { restOf } from '../support/worker-rest.ts'

interface Health {
  readonly status: string
  readonly restarts: { readonly count: number; readonly nextAt: number | null }
}

test('a task whose file cannot be made restarts by itself when the folder is there; status, health and metrics tell', async () => {
  const home = await workerHome(inject('kafka'))
  const topic = await newTopic()
  await write(topic, ['waited for'])
  const folder = join(home.dir, 'later')
  const worker = await home.start([
    {
      name: 'patient',
      'connector.class': 'FileStreamSink',
      file: join(folder, 'out.txt'),
      topics: topic,
      'value.converter': 'StringConverter',
      'errors.restart.enable': 'true',
      'errors.restart.max': '50',
      'errors.restart.backoff.ms': '300',
      'errors.restart.backoff.max.ms': '300',
    },
  ])
  const { status, becomes, get } = restOf(worker)
  const metric = async (name: string, labels: object) => {
    const families = parsePrometheus(await (await fetch(`${worker.restUrl}/metrics`)).text())
    const wanted = Object.entries(labels)
    return families.get(name)?.samples.find((each) => wanted.every(([key, value]) => each.labels[key] === value))?.value
  }
  const unhealthy = { connector: 'patient', health: 'unhealthy' }
  const failed = await becomes('patient', 'FAILED')
  expect(failed.connector.state).toBe('RUNNING')
  expect(failed.tasks[0]?.trace).toMatch(/can be neither opened nor made.*ENOENT/)
  await eventually(async () => {
    const health = await get<Health>('/connectors/patient/health')
    return health.status === 'unhealthy' && health.restarts.count >= 2 && health.restarts.nextAt !== null
  })
  await eventually(async () => (await metric('tidegate_connector_health', unhealthy)) === 1)

  await mkdir(folder)
  const running = await becomes('patient', 'RUNNING')
  expect(running.tasks[0]).not.toHaveProperty('trace')
  await eventually(async () => (await readFile(join(folder, 'out.txt'), 'utf8')) === 'waited for\n')
  expect(await get('/connectors/patient/health')).toMatchObject({
    status: 'healthy',
    restarts: { nextAt: null },
  })
  expect(await metric('tidegate_connector_health', unhealthy)).toBe(0)
  expect(await metric('tidegate_connector_restarts', { connector: 'patient' })).toBeGreaterThanOrEqual(2)
  expect((await status('patient')).tasks).toHaveLength(1)
})

test('a poison record is named with topic, partition, offset, stage, class and a hexdump of its start, in trace and log', async () => {
  const home = await workerHome(inject('kafka'))
  const topic = await newTopic()
  await write(topic, [
    { key: 'k1', value: '{"a":1}' },
    { key: 'k2', value: '{"a":' },
    { key: 'k3', value: '{"a":3}' },
  ])
  const sink = {
    'connector.class': 'FileStreamSink',
    topics: topic,
    'value.converter': 'JsonConverter',
    'value.converter.schemas.enable': 'false',
    'errors.log.enable': 'true',
  }
  const worker = await home.start([
    { ...sink, name: 'open', file: join(home.dir, 'open.txt'), 'errors.log.include.messages': 'true' },
    { ...sink, name: 'closed', file: join(home.dir, 'closed.txt') },
  ])
  const { becomes } = restOf(worker)
  const dump = '7b 22 61 22 3a'
  const trace = (await becomes('open', 'FAILED')).tasks[0]?.trace ?? ''
  for (const part of [`${topic}-0@1`, 'VALUE_CONVERTER', 'org.apache.kafka.connect.json.JsonConverter', dump]) {
    expect(trace).toContain(part)
  }
  const logged = (name: string) => worker.lines.filter((line) => line.includes(`"connector":"${name}"`)).join('\n')
  expect(logged('open')).toContain(dump)
  // What came before it has been delivered, what comes after it has not.
  expect(await readFile(join(home.dir, 'open.txt'), 'utf8')).toBe('{"a":1}\n')

  // Who does not ask for messages gets none of the data.
  const quiet = (await becomes('closed', 'FAILED')).tasks[0]?.trace ?? ''
  expect(quiet).toContain(`${topic}-0@1`)
  expect(quiet).not.toContain(dump)
  expect(logged('closed')).not.toContain(dump)
})
