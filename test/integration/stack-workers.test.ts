import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { expect, inject, onTestFinished, test } from 'vitest'
import { packageRoot } from '../../src/cli/package-info.ts'
import { startWorkers, stopWorkers, workersStatus } from '../../src/stack/workers.ts'
import { systemClock } from '../../src/util/clock.ts'
import { eventually } from '../support/eventually.ts'

const main = join(packageRoot, 'dist/src/cli/main.js')

/** Workers as `tidegate stack up --workers` starts them, of a cluster that is gone when the test ends. */
async function cluster(count: number) {
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-workers-'))
  const group = `stack-workers-${randomBytes(4).toString('hex')}`
  const bootstrapServers = inject('kafka')
  const admin = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const options = {
    dir,
    group,
    bootstrapServers,
    registryUrl: inject('registry'),
    properties: 'session.timeout.ms=6000\nheartbeat.interval.ms=1000\nvalue.converter=StringConverter\n',
    command: (args: readonly string[]) => [process.execPath, main, ...args] as const,
    clock: systemClock,
    progress: () => undefined,
  }
  onTestFinished(async () => {
    await stopWorkers(dir, { ...options, wipe: true })
    const topics = (await admin.listTopics()).filter((name) => name.startsWith(group))
    if (topics.length > 0) await admin.deleteTopics({ topics })
    await admin.disconnect()
    await rm(dir, { recursive: true, force: true })
  })
  const workers = await startWorkers({ ...options, count })
  return { dir, group, options, admin, workers, urls: workers.map(({ address = '' }) => address) }
}

const json = async (url: string): Promise<unknown> => (await fetch(url)).json()

test('three workers share connectors that any of them was given, and leave nothing behind', {
  timeout: 180_000,
}, async () => {
  const { dir, group, options, admin, workers, urls } = await cluster(3)
  await Promise.all(
    urls.map((url) =>
      eventually(async () => (await fetch(`${url}/ready`)).ok, { timeoutMs: 60_000, what: `${url} to be ready` }),
    ),
  )
  const names = ['a', 'b', 'c']
  for (const [index, name] of names.entries()) {
    const file = join(dir, `${name}.txt`)
    await writeFile(file, `${name}\n`)
    const config = { 'connector.class': 'FileStreamSource', file, topic: `${group}-lines` }
    // One to each worker, two of which are not the leader.
    const answer = await fetch(`${urls[index]}/connectors`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, config }),
    })
    expect({ status: answer.status, body: await answer.text() }).toMatchObject({ status: 201 })
  }
  const statesOf = async (url: string) =>
    Promise.all(names.map(async (name) => (await json(`${url}/connectors/${name}/status`)) as Status))
  for (const url of urls) {
    await eventually(async () => (await statesOf(url)).every(({ tasks }) => tasks?.[0]?.state === 'RUNNING'), {
      timeoutMs: 60_000,
      what: `three running tasks in the eyes of ${url}`,
    })
  }
  const states = await statesOf(urls[0] ?? '')
  expect(new Set(states.map(({ tasks }) => tasks?.[0]?.worker_id)).size).toBe(3)

  expect(await workersStatus(dir)).toEqual(workers)
  expect(await stopWorkers(dir, { ...options, wipe: false })).toBe(true)
  for (const { name } of workers) expect(await readFile(join(dir, `${name}.log`), 'utf8')).not.toContain('Error:')
  // Each has left; nobody waits for a session to run out.
  const { groups } = await admin.describeGroups([group])
  expect(groups[0]?.members).toEqual([])
})

interface Status {
  readonly tasks?: readonly { readonly state: string; readonly worker_id: string }[]
}
