import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { inject, onTestFinished } from 'vitest'
import { packageRoot } from '../../src/cli/package-info.ts'
import { freePort } from '../../src/stack/index.ts'
import { type TaskOnWorker, tasksOf } from './cluster-status.ts'
import { eventually } from './eventually.ts'
import { clusterProps, javaWorkerArguments } from './java-worker.ts'

export interface ClusterOptions {
  readonly workers: number
  readonly bootstrapServers?: string
  /** Of all workers, over those that are quick to notice who is gone. */
  readonly props?: Readonly<Record<string, string>>
  /** Of one worker alone, over these. */
  readonly propsOf?: (worker: number) => Readonly<Record<string, string>>
  /** Java's distributed workers, to try a test on (`TIDEGATE_CLUSTER=java`). */
  readonly kind?: 'ours' | 'java'
  /** Called with what ends all; a hook has no test to wait for. */
  readonly clean?: (stop: () => Promise<void>) => void
}

/** Workers of one cluster, each a process of its own on a port that it keeps. They are counted from 0. */
export interface Cluster {
  /** The group; the names of topics and connectors of a test begin with it, and are gone with the cluster. */
  readonly name: string
  /** A folder for files of connectors. */
  readonly dir: string
  readonly urls: readonly string[]
  /** What it printed last, over all its lives. */
  log(worker: number): string
  /** Begins a life and does not wait for its answers. */
  start(worker: number): Promise<void>
  /** Resolves when it answers. */
  answers(worker: number): Promise<void>
  /** Ends it at once. */
  kill(worker: number, signal?: NodeJS.Signals): Promise<void>
  /** Takes its time away, and gives it back: nothing of it runs, and its connections stay. */
  freeze(worker: number): void
  thaw(worker: number): void
  /** SIGTERM; rejects unless it ends by itself with 0. Java's ends with 143. */
  stop(worker: number): Promise<void>
  /** Asks any worker that answers, again while the workers rebalance. */
  ask<T>(method: string, path: string, body?: unknown): Promise<T>
  /** The tasks of all connectors as one worker tells them. */
  tasks(): Promise<readonly TaskOnWorker[]>
  /** Resolves when so many tasks run, on these workers alone if named; the time (ms) that it took. */
  running(count: number, options?: { readonly on?: readonly number[]; readonly timeoutMs?: number }): Promise<number>
  /** Resolves when so many tasks run and each worker has its share of them. */
  shared(count: number): Promise<void>
}

/** How soon such a cluster has all work running again after a worker is gone: session time-out and delay. */
export const awayMs = 6000 + 2000

const quick = {
  'heartbeat.interval.ms': '500',
  'scheduled.rebalance.max.delay.ms': '2000',
  'offset.flush.interval.ms': '500',
  'task.shutdown.graceful.timeout.ms': '5000',
  // Else a sink's group waits for a task that was killed longer than its worker's group does for the worker.
  'consumer.session.timeout.ms': '6000',
  'consumer.heartbeat.interval.ms': '500',
}

const defaultKind = process.env['TIDEGATE_CLUSTER'] === 'java' ? 'java' : 'ours'

/** A folder that keeps what the workers print, to look into a failure. */
const kept = process.env['TIDEGATE_CLUSTER_LOGS']

interface Life {
  readonly child: ChildProcess
  readonly ended: Promise<unknown>
}

/** Starts the workers one after the other and resolves when all answer. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { bootstrapServers = inject('kafka'), kind = defaultKind, clean = onTestFinished } = options
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-cluster-'))
  const name = `tg-${dir.slice(-6)}`
  const props = { ...clusterProps(name), ...quick, ...options.props }
  const urls: string[] = []
  const lives: (Life | undefined)[] = []
  const logs: string[] = []

  clean(async () => {
    await Promise.all(lives.map((_, worker) => end(worker, 'SIGKILL')))
    await removeTraces(bootstrapServers, name)
    await rm(dir, { recursive: true, force: true, maxRetries: 3 })
  })

  async function start(worker: number): Promise<void> {
    const url = urls[worker] ?? ''
    const own = { ...props, ...options.propsOf?.(worker) }
    const [command, args] = await commandOf(kind, { bootstrapServers, dir, url, name, props: own })
    const child = spawn(command, args, { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] })
    lives[worker] = { child, ended: once(child, 'exit') }
    const keep = (text: Buffer): void => {
      if (kept !== undefined) appendFileSync(join(kept, `${name}-${worker}.log`), text)
      logs[worker] = ((logs[worker] ?? '') + text.toString()).slice(-200_000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
  }

  async function end(worker: number, signal: NodeJS.Signals): Promise<number | null> {
    const life = lives[worker]
    if (life === undefined) return null
    // A frozen one takes no other signal than SIGKILL.
    if (life.child.exitCode === null && life.child.signalCode === null) life.child.kill(signal)
    await life.ended
    return life.child.exitCode
  }

  async function respond(worker: number): Promise<void> {
    await eventually(() => answers(urls[worker] ?? '', lives[worker], logs[worker]), {
      // A machine that has much else to do.
      timeoutMs: 180_000,
      what: `the answers of worker ${worker}`,
    })
  }

  const signal = (worker: number, what: NodeJS.Signals): void => {
    if (lives[worker]?.child.kill(what) !== true) throw new Error(`Worker ${worker} does not run.`)
  }

  const cluster: Cluster = {
    name,
    dir,
    urls,
    log: (worker) => logs[worker] ?? '',
    start,
    answers: respond,
    async kill(worker, how = 'SIGKILL') {
      await end(worker, how)
    },
    freeze: (worker) => signal(worker, 'SIGSTOP'),
    thaw: (worker) => signal(worker, 'SIGCONT'),
    async stop(worker) {
      const code = await end(worker, 'SIGTERM')
      if (code !== (kind === 'java' ? 143 : 0)) throw new Error(`Worker ${worker} ended with ${code}:\n${logs[worker]}`)
    },
    ask: <T>(method: string, path: string, body?: unknown) => askAny<T>(urls, method, path, body),
    tasks: () => tasksOf(urls),
    async running(count, { on, timeoutMs = 60_000 } = {}) {
      const began = performance.now()
      const ids = (on ?? urls.map((_, worker) => worker)).map((worker) => new URL(urls[worker] ?? '').host)
      await eventually(
        async () => {
          const tasks = await tasksOf(urls)
          const wrong = tasks.filter(({ state, worker }) => state !== 'RUNNING' || !ids.includes(worker))
          if (tasks.length !== count || wrong.length > 0)
            throw new Error(`${tasks.length} tasks, ${JSON.stringify(wrong)}`)
          return true
        },
        { timeoutMs, what: `${count} tasks running` },
      )
      return performance.now() - began
    },
    async shared(count) {
      await eventually(
        async () => {
          const tasks = (await tasksOf(urls)).filter(({ state }) => state === 'RUNNING')
          const counts = urls.map((url) => tasks.filter(({ worker }) => worker === new URL(url).host).length)
          if (tasks.length !== count || Math.max(...counts) - Math.min(...counts) > 1) throw new Error(counts.join())
          return true
        },
        { timeoutMs: 60_000, what: `the share of each worker of ${count} tasks` },
      )
    },
  }

  for (let worker = 0; worker < options.workers; worker++) {
    urls.push(`http://127.0.0.1:${await freePort()}`)
    await start(worker)
    await respond(worker)
  }
  return cluster
}

async function answers(url: string, life: Life | undefined, log = ''): Promise<boolean> {
  if (life?.child.exitCode !== null) throw new Error(`The worker ended:\n${log}`)
  return (await fetch(`${url}/connectors`)).ok
}

interface Place {
  readonly bootstrapServers: string
  readonly dir: string
  readonly url: string
  readonly name: string
  readonly props: Readonly<Record<string, string>>
}

async function commandOf(kind: 'ours' | 'java', place: Place): Promise<readonly [string, readonly string[]]> {
  const { bootstrapServers, dir, url, name, props } = place
  if (kind === 'java') return ['java', await javaWorkerArguments(url, { bootstrapServers, dir, cluster: name, props })]
  const file = join(dir, `worker-${new URL(url).port}.properties`)
  const config = {
    'bootstrap.servers': bootstrapServers,
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'false',
    'gateway.enabled': 'false',
    listeners: url,
    ...props,
  }
  const lines = Object.entries(config).map(([key, value]) => `${key}=${value}\n`)
  await writeFile(file, lines.join(''))
  return [process.execPath, [join(packageRoot, 'dist/src/cli/main.js'), 'worker', file]]
}

async function askAny<T>(urls: readonly string[], method: string, path: string, body: unknown): Promise<T> {
  let refused: Error | undefined
  let turn = 0
  const answer = await eventually(
    async () => {
      if (refused) return { value: undefined }
      const response = await fetch(`${urls[turn++ % urls.length]}${path}`, {
        method,
        headers: { 'Content-Type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(10_000),
      })
      const text = await response.text()
      // A rebalance, or a leader that is gone and not yet replaced.
      if (response.status === 409 || response.status >= 500) throw new Error(`${response.status} ${text}`)
      if (!response.ok) refused = new Error(`${method} ${path}: ${response.status} ${text}`)
      return { value: text === '' ? undefined : JSON.parse(text) }
    },
    { timeoutMs: 60_000, what: `${method} ${path}` },
  )
  if (refused) throw refused
  return answer.value as T
}

/** Topics and groups that name the cluster; the coordinator lets a group of killed workers go after the session time-out. */
async function removeTraces(bootstrapServers: string, name: string): Promise<void> {
  const admin = new Kafka({
    brokers: bootstrapServers.split(','),
    clientId: 'test',
    logLevel: logLevel.NOTHING,
  }).admin()
  await admin.connect()
  try {
    const topics = (await admin.listTopics()).filter((topic) => topic.includes(name))
    if (topics.length > 0) await admin.deleteTopics({ topics })
    await eventually(
      async () => {
        const { groups } = await admin.listGroups()
        const left = groups.map(({ groupId }) => groupId).filter((id) => id.includes(name))
        if (left.length > 0) await admin.deleteGroups(left)
        return true
      },
      { timeoutMs: 60_000, what: `an end of the groups of ${name}` },
    )
  } finally {
    await admin.disconnect()
  }
}
