import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src/stack/index.ts'
import { clusterProps, javaWorkerArguments } from '../../test/support/java-worker.ts'
import type { Bench, Findings } from '../figures.ts'
import { cpuUs, kill, requestsSent } from '../proc.ts'
import { interleave } from '../rounds.ts'
import { makeTopic, plainKafka } from '../topics.ts'
import { firstAnswer } from '../waiting.ts'

type Variant = 'tidegate' | 'java'

/** How long (ms) an idle worker is watched, after it was left alone for a while. */
const watchMs = 10_000
const settleMs = 3000
/** Tasks of the rebalance: connectors of two. */
const connectors = 20

/** Workers of one cluster, Kafka Connect's and ours with the same properties. */
export async function cluster(bench: Bench): Promise<Findings> {
  if (process.platform !== 'linux') return { rows: [], notes: ['Cluster: not run, since CPU time is read from /proc.'] }
  const found = await interleave(['tidegate', 'java'], bench.scale.rounds, (variant, round) =>
    measure(bench, variant, `${bench.prefix}-${variant}-${round}`),
  )
  const row = (what: string, unit: string, figure: keyof typeof found.tidegate) => ({
    what,
    unit,
    ours: found.tidegate[figure],
    java: found.java[figure],
    naive: Number.NaN,
    limit: Number.NaN,
  })
  return {
    rows: [
      row('distributed: first start of a cluster → REST answers', 'ms', 'fresh'),
      row('distributed: start → REST answers', 'ms', 'rest'),
      row('distributed: start → first record in the file', 'ms', 'first'),
      row('distributed: idle worker', 'CPU ms a second', 'idle'),
      row('distributed: idle worker', 'requests to Kafka a second', 'requests'),
      row(`third worker starts → its share of ${connectors * 2} tasks runs`, 'ms', 'rebalance'),
      row('kill -9 → the tasks of the worker run elsewhere (session time-out 6 s, delay 1 s)', 'ms', 'killed'),
    ],
    notes: [
      'Distributed: one group and three topics for each kind of worker, `session.timeout.ms=6000`, `heartbeat.interval.ms=200`, `scheduled.rebalance.max.delay.ms=1000`; the Java worker with the heap of its own start script. Requests are the data segments on its open connections to Kafka.',
    ],
  }
}

interface RunningWorker {
  readonly url: string
  readonly pid: number
  readonly began: number
  readonly restMs: number
  readonly child: ChildProcess
}

async function measure(bench: Bench, variant: Variant, name: string) {
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-bench-'))
  const running = new Set<RunningWorker>()
  const endWithUs = () => running.forEach(({ child }) => child.kill('SIGKILL'))
  process.once('exit', endWithUs)
  const start = async (): Promise<RunningWorker> => {
    const worker = await startWorker(bench, variant, { dir, name })
    running.add(worker)
    return worker
  }
  const end = async (worker: RunningWorker, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    running.delete(worker)
    await kill(worker.child, signal)
  }
  try {
    const first = await start()
    const fresh = first.restMs
    await sleep(settleMs)
    const port = Number(bench.kafka.split(':').at(-1))
    const [cpu, sent] = [await cpuUs(first.pid), await requestsSent(first.pid, port)]
    await sleep(watchMs)
    const idle = ((await cpuUs(first.pid)) - cpu) / watchMs
    const requests = (((await requestsSent(first.pid, port)) - sent) * 1000) / watchMs
    const firstRecord = await measureStart(bench, { name, dir, first, start, end })
    const { worker: one, ...starts } = firstRecord
    const [rebalance, killed] = await measureMoves(bench, { name, dir, one, start, end })
    const figures = { fresh, idle, requests, rebalance, killed, ...starts }
    bench.progress(
      `cluster, ${variant}: ${Object.entries(figures)
        .map(([what, value]) => `${what} ${value.toFixed(1)}`)
        .join(', ')}`,
    )
    return figures
  } finally {
    await Promise.all([...running].map((worker) => end(worker, 'SIGKILL')))
    process.off('exit', endWithUs)
    await rm(dir, { recursive: true, force: true })
  }
}

interface Place {
  readonly name: string
  readonly dir: string
  start(): Promise<RunningWorker>
  end(worker: RunningWorker, signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
}

/** A worker that finds its connector in the config topic, and a record that nobody has read. */
async function measureStart(bench: Bench, place: Place & { readonly first: RunningWorker }) {
  const { name, dir, first, start, end } = place
  const topic = `${name}.start`
  const out = join(dir, 'start.txt')
  await makeTopic(bench.kafka, topic)
  await createConnector(first.url, `${name}-start`, {
    'connector.class': 'FileStreamSink',
    topics: topic,
    file: out,
    'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
  })
  await tasksRun(first.url, [`${name}-start`], 1)
  await end(first, 'SIGTERM')
  const producer = plainKafka(bench.kafka).producer()
  await producer.connect()
  await producer.send({ topic, messages: [{ value: 'first' }] })
  await producer.disconnect()
  const worker = await start()
  await until(async () => (await readSize(out)) > 0, 'the first record')
  const began = performance.now() - worker.began
  // Its task is not one of those that move.
  await until(async () => {
    const { status } = await fetch(`${worker.url}/connectors/${name}-start`, { method: 'DELETE' })
    return status === 204 || status === 404
  }, 'the end of the connector')
  return { worker, rest: worker.restMs, first: began }
}

async function measureMoves(bench: Bench, place: Place & { readonly one: RunningWorker }): Promise<[number, number]> {
  const { name, dir, one, start, end } = place
  const names = Array.from({ length: connectors }, (_, n) => `${name}-move-${n}`)
  await makeTopic(bench.kafka, `${name}.moves`)
  await start()
  for (const each of names) {
    await createConnector(one.url, each, {
      'connector.class': 'FileStreamSink',
      'tasks.max': '2',
      topics: `${name}.moves`,
      file: join(dir, each),
    })
  }
  await tasksRun(one.url, names, 2)
  const third = await start()
  const share = Math.floor((connectors * 2) / 3)
  await until(async () => {
    const owners = await ownersOf(one.url, names, 2)
    return owners !== undefined && owners.filter((id) => third.url.endsWith(id)).length >= share
  }, 'the share of the third worker')
  const rebalance = performance.now() - third.began
  await end(third, 'SIGKILL')
  const killed = performance.now()
  await until(async () => {
    const owners = await ownersOf(one.url, names, 2)
    return owners !== undefined && owners.every((id) => !third.url.endsWith(id))
  }, 'the tasks of the worker that was killed')
  return [rebalance, performance.now() - killed]
}

async function startWorker(
  bench: Bench,
  variant: Variant,
  { dir, name }: Pick<Place, 'dir' | 'name'>,
): Promise<RunningWorker> {
  const url = `http://127.0.0.1:${await freePort()}`
  const [command, args] = await commandOf(bench, variant, { dir, name, url })
  const began = performance.now()
  const child = spawn(command, args, { stdio: 'ignore' })
  try {
    await firstAnswer(`${url}/connectors`, AbortSignal.timeout(60_000))
  } catch (error) {
    await kill(child)
    throw error
  }
  return { url, pid: child.pid ?? -1, began, restMs: performance.now() - began, child }
}

async function commandOf(
  bench: Bench,
  variant: Variant,
  { dir, name, url }: { readonly dir: string; readonly name: string; readonly url: string },
): Promise<[string, readonly string[]]> {
  if (variant === 'java') {
    const options = { bootstrapServers: bench.kafka, dir, cluster: name, options: ['-Xms256M', '-Xmx2G'] }
    return ['java', await javaWorkerArguments(url, options)]
  }
  const file = join(dir, `worker-${new URL(url).port}.json`)
  await writeFile(
    file,
    JSON.stringify({
      'bootstrap.servers': bench.kafka,
      'key.converter': 'StringConverter',
      'value.converter': 'JsonConverter',
      'value.converter.schemas.enable': 'false',
      'offset.flush.interval.ms': '200',
      listeners: url,
      'gateway.enabled': false,
      ...clusterProps(name),
    }),
  )
  const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))
  return [process.execPath, [main, 'worker', file]]
}

async function createConnector(url: string, name: string, config: Readonly<Record<string, string>>): Promise<void> {
  await until(async () => {
    const response = await fetch(`${url}/connectors/${name}/config`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(config),
    })
    // While the workers rebalance.
    if (response.status === 409) return false
    if (!response.ok) throw new Error(`The connector was refused: ${await response.text()}`)
    return true
  }, `the connector ${name}`)
}

/** The worker of each task; undefined unless all run. */
async function ownersOf(url: string, names: readonly string[], tasks: number): Promise<readonly string[] | undefined> {
  const response = await fetch(`${url}/connectors?expand=status`)
  if (!response.ok) return undefined
  const all = (await response.json()) as Record<
    string,
    { status: { tasks: readonly { state: string; worker_id: string }[] } }
  >
  const found = names.flatMap((name) => all[name]?.status.tasks ?? [])
  if (found.length < names.length * tasks || found.some(({ state }) => state !== 'RUNNING')) return undefined
  return found.map(({ worker_id: id }) => id)
}

const tasksRun = (url: string, names: readonly string[], tasks: number): Promise<void> =>
  until(async () => (await ownersOf(url, names, tasks)) !== undefined, 'the tasks')

const readSize = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const patience = performance.now() + 120_000
  while (!(await condition())) {
    if (performance.now() > patience) throw new Error(`${what} did not come in 120 s.`)
    await sleep(10)
  }
}
