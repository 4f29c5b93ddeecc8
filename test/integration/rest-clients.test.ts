import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { KafkaConnectClient, TaskStateValue } from 'kafka-connect-client'
import { expect, inject, test } from 'vitest'
import { cached } from '../support/cache-folder.ts'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { workerHome } from '../support/worker-process.ts'

const run = promisify(execFile)
const folder = join(import.meta.dirname, '../interop/clients')
const python = needs('python3', 'apt-get install python3-pip')

/** The Python clients as they lie in PyPI, unmodified, in a folder of the cache. */
async function pythonPath(): Promise<string> {
  const requirements = join(folder, 'requirements.txt')
  return cached('python-clients', await readFile(requirements), (dir) =>
    run('python3', [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--target',
      dir,
      '-r',
      requirements,
    ]),
  )
}

async function runPython(script: string, args: readonly string[]): Promise<unknown> {
  const env = { ...process.env, PYTHONPATH: await pythonPath(), AWS_EMF_ENVIRONMENT: 'local' }
  const { stdout } = await run('python3', [join(folder, script), ...args], { env })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

async function worker() {
  const home = await workerHome(inject('kafka'), { 'gateway.enabled': true })
  const { restUrl } = await home.start([])
  return { url: restUrl, host: new URL(restUrl).hostname, port: new URL(restUrl).port }
}

const name = () => `client-${randomUUID()}`

async function lines(topic: string) {
  const file = join(await tempFolder(), 'in.txt')
  await writeFile(file, 'one\n')
  return { 'connector.class': 'FileStreamSource', file, topic }
}

test.runIf(python)('kafka-connect-py works with the worker', { timeout: 180_000 }, async () => {
  const { url } = await worker()
  const connector = name()
  const told = await runPython('kafka_connect_py.py', [url, connector, JSON.stringify(await lines(connector))])
  expect(told).toEqual({
    cluster: ['commit', 'kafka_cluster_id', 'version'],
    created: connector,
    running: 'RUNNING',
    listed: true,
    expanded: 'RUNNING',
    'running ones': true,
    config: connector,
    updated: '1',
    tasks: 1,
    paused: 'PAUSED',
    resumed: 'RUNNING',
    valid: 0,
    plugins: true,
    task: 'RUNNING',
    topics: [connector],
    stopped: 'STOPPED',
    gone: true,
  })
})

test.runIf(python)('kafkaconnect works with the worker', { timeout: 180_000 }, async () => {
  const { url } = await worker()
  const connector = name()
  const told = await runPython('sqre_kafkaconnect.py', [url, connector, JSON.stringify(await lines(connector))])
  expect(told).toEqual({
    refused: 1,
    created: connector,
    running: 'RUNNING',
    listed: true,
    type: 'source',
    config: connector,
    tasks: 1,
    topics: [connector],
    plugins: true,
    paused: 'PAUSED',
    resumed: 'RUNNING',
    removed: '',
    gone: true,
  })
})

test.runIf(python)('kafka-connect-watcher sees a failed task and acts on it', { timeout: 180_000 }, async () => {
  const { url, host, port } = await worker()
  const connector = name()
  const blocked = join(await tempFolder(), 'file')
  await writeFile(blocked, '')
  const config = { 'connector.class': 'FileStreamSink', topics: connector, file: join(blocked, 'out.txt') }
  const client = new KafkaConnectClient({ host, port })
  await client.createConnector(connector, config)
  await eventually(
    async () => (await client.connector(connector).getTaskStatus(0)).data.state === TaskStateValue.FAILED,
  )
  expect(await runPython('watcher.py', [host, port, connector])).toEqual({
    version: expect.stringMatching(/^\d/),
    state: 'RUNNING',
    tasks: ['FAILED'],
    config: connector,
    seen: { tasks: 1, running: 0, failed: 1, unassigned: 0 },
    'after pause': 'PAUSED',
    left: false,
  })
  expect((await fetch(`${url}/connectors/${connector}`)).status).toBe(404)
})

test('kafka-connect-client works with the worker', async () => {
  const { host, port } = await worker()
  const connector = name()
  const config = await lines(connector)
  const client = new KafkaConnectClient({ host, port })
  const own = client.connector(connector)
  const isIn = async (state: string) => {
    const { data } = await own.getStatus()
    const states: readonly string[] = [data.connector, ...data.tasks].map((each) => each.state)
    return states.every((each) => each === state)
  }

  expect((await client.createConnector(connector, config)).status).toBe(201)
  await eventually(() => isIn('RUNNING'))
  expect((await client.getConnectors()).data).toContain(connector)
  expect((await own.getConfig()).data).toEqual({ ...config, name: connector })
  expect((await own.updateConfig({ ...config, more: '1' })).status).toBe(200)
  // It sends its options as a body, which no worker reads: the connector alone restarts.
  expect((await own.restart({ includeTasks: true })).status).toBe(204)
  await eventually(() => isIn('RUNNING'))
  expect((await own.getTasks()).data).toHaveLength(1)
  expect((await own.restartTask(0)).status).toBe(204)
  await eventually(async () => (await own.getOffsets()).data.offsets.length === 1)
  await own.pause()
  await eventually(() => isIn('PAUSED'))
  await own.resume()
  await own.stop()
  expect(
    (await own.alterOffsets([{ partition: { filename: config.file }, offset: { position: 0 } }])).data.message,
  ).toContain('altered')
  expect((await own.resetOffsets()).data.message).toContain('reset')
  expect((await own.resetTopics()).status).toBe(202)
  const validation = await client.validateConnectorConfig('FileStreamSource', {
    ...config,
    name: connector,
    'tasks.max': 'x',
  })
  expect(validation.data.error_count).toBe(2)
  expect((await client.getConnectorPlugins({ connectorsOnly: false })).data.map(({ type }) => type)).toContain(
    'converter',
  )
  expect((await own.delete()).status).toBe(204)
  await expect(own.get()).rejects.toMatchObject({ response: { status: 404 } })
})
