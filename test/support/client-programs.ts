import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { packageRoot } from '../../src/cli/package-info.ts'
import type { Renewal, Report, StartClients, StartDeaf } from '../programs/checked-clients.ts'
import { addBuckets, type Buckets } from '../programs/latencies.ts'

/** Clients of `src/client` in processes of their own, which check what they are told. */
export interface ClientPrograms {
  /** Starts so many, shared among the processes; resolves when all are subscribed. */
  start(options: Omit<StartClients, 'first'>): Promise<void>
  /** Starts clients that subscribe to all of the channels and never read; each comes back every `againMs`. */
  deaf(options: Omit<StartDeaf, 'first'>): Promise<void>
  /** Resolves when all are connected and subscribed; the longest time (ms) that it took. */
  up(timeoutMs?: number): Promise<number>
  /** Ends so many clients of each process and begins them anew, in turn: now, or each `everyMs`. */
  renew(renewal: Renewal): Promise<void>
  /** Breaks all connections at once. */
  drop(): Promise<void>
  /** Resolves when every client has these last numbers, or the time is over; what is missing. */
  complete(
    last: Readonly<Record<string, Readonly<Record<string, number>>>>,
    timeoutMs?: number,
  ): Promise<readonly string[]>
  report(): Promise<Report>
  /** Times from the feed to the clients since the last call. */
  latencies(): Promise<Buckets>
}

interface Program {
  call<T>(command: string, input?: unknown): Promise<T>
}

/** Starts the processes; they end with the test. `offset`: of the clients' numbers, where there are several such groups. */
export function clientPrograms(processes = 1, offset = 0): ClientPrograms {
  const programs = Array.from({ length: processes }, () => startProgram())
  let started = offset
  const all = <T>(command: string, input?: unknown): Promise<T[]> =>
    Promise.all(programs.map((program) => program.call<T>(command, input)))

  async function share(command: string, options: { readonly clients: number }): Promise<void> {
    const sizes = programs.map((_, place) => Math.floor((options.clients + place) / programs.length))
    await Promise.all(
      programs.map((program, place) => {
        const clients = sizes[place] ?? 0
        const first = started
        started += clients
        return program.call(command, { ...options, clients, first })
      }),
    )
  }

  return {
    start: (options) => share('start', options),
    deaf: (options) => share('deaf', options),
    up: async (timeoutMs = 120_000) => Math.max(...(await all<number>('up', { timeoutMs }))),
    async renew(renewal) {
      await all('renew', renewal)
    },
    async drop() {
      await all('drop')
    },
    complete: async (last, timeoutMs = 60_000) => (await all<string[]>('complete', { last, timeoutMs })).flat(),
    report: async () => (await all<Report>('report')).reduce(addReports),
    latencies: async () => (await all<Buckets>('latencies')).reduce(addBuckets),
  }
}

function startProgram(): Program {
  const file = join(packageRoot, 'test/programs/checked-clients.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=source', file], {
    cwd: packageRoot,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  let last = 0
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, result, error } = JSON.parse(line) as { id: number; result?: unknown; error?: string }
    const waiter = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) waiter?.resolve(result)
    else waiter?.reject(new Error(error))
  })
  child.once('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`The clients ended with ${code} before they answered.`))
    waiting.clear()
  })
  child.stdin.on('error', () => undefined)
  onTestFinished(async () => {
    child.stdin.end()
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
    await exited
    clearTimeout(timer)
  })
  return {
    call: <T>(command: string, input: unknown = {}) =>
      new Promise<T>((resolve, reject) => {
        const id = ++last
        waiting.set(id, { resolve: (result) => resolve(result as T), reject })
        child.stdin.write(`${JSON.stringify({ id, command, input })}\n`)
      }),
  }
}

function addReports(a: Report, b: Report): Report {
  return {
    clients: a.clients + b.clients,
    up: a.up + b.up,
    received: a.received + b.received,
    snapshots: a.snapshots + b.snapshots,
    rss: a.rss + b.rss,
    cpuMs: a.cpuMs + b.cpuMs,
    findings: {
      missing: a.findings.missing + b.findings.missing,
      repeated: a.findings.repeated + b.findings.repeated,
      announced: a.findings.announced + b.findings.announced,
      examples: [...a.findings.examples, ...b.findings.examples].slice(0, 20),
    },
    cuts: {
      resumes: a.cuts.resumes + b.cuts.resumes,
      snapshots: a.cuts.snapshots + b.cuts.snapshots,
      records: a.cuts.records + b.cuts.records,
    },
    ends: addCounts(a.ends, b.ends),
    recovered: addCounts(a.recovered, b.recovered),
    errors: addCounts(a.errors, b.errors),
  }
}

function addCounts(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return Object.fromEntries([...names].map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]))
}
