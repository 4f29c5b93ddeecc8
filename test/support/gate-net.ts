import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { packageRoot } from '../../src/cli/package-info.ts'
import { eventually } from './eventually.ts'

const run = promisify(execFile)

/** A network of its own, without a way out of it; undefined where none can be made. It is gone when the test ends. */
export async function loneNetwork(): Promise<string | undefined> {
  const name = `tg${process.pid}x${Math.floor(performance.now())}`
  try {
    await run('ip', ['netns', 'add', name])
    await run('ip', ['netns', 'exec', name, 'ip', 'link', 'set', 'lo', 'up'])
  } catch {
    return undefined
  }
  onTestFinished(async () => void (await run('ip', ['netns', 'del', name])))
  return name
}

export interface GateProcess {
  readonly child: ChildProcess
  readonly url: string
  kill(): Promise<void>
}

/** `tidegate gate FILE` with an empty environment, in that network. */
export async function startGateIn(network: string, file: string, settings: object): Promise<GateProcess> {
  await writeFile(file, JSON.stringify(settings))
  const main = join(packageRoot, 'dist/src/cli/main.js')
  const args = ['netns', 'exec', network, 'env', '-i', process.execPath, main, 'gate', file]
  const child = spawn('ip', args, { stdio: ['ignore', 'inherit', 'pipe'] })
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line))
  const exited = once(child, 'exit')
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  onTestFinished(kill)
  const url = await eventually(
    () => {
      if (child.exitCode !== null) throw new Error(`The gate did not start:\n${lines.join('\n')}`)
      const line = lines.find((each) => each.includes('gateway listens'))
      return line !== undefined && (JSON.parse(line) as { url: string }).url
    },
    { what: `the start of a gate (${file})` },
  )
  return { child, url, kill }
}

export interface Isolation {
  /** Environment variables of the processes and those that they started, but for what Node needs for the pipe to its parent. */
  readonly variables: readonly string[]
  readonly routes: string
  /** What a connection to Kafka's address comes to from there. */
  readonly kafka: string
}

/** What processes in that network have to reach anything with. */
export async function isolationOf(network: string, pids: readonly number[], kafka: string): Promise<Isolation> {
  const children = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')))
  const all = [...pids, ...children.flatMap((text) => text.split(' ').filter(Boolean).map(Number))]
  const texts = await Promise.all(all.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8')))
  const variables = texts.flatMap((text) => text.split('\0').filter((each) => each !== '' && !each.startsWith('NODE_')))
  const routes = (await run('ip', ['netns', 'exec', network, 'ip', 'route', 'show'])).stdout.trim()
  const [host = '', port = ''] = kafka.split(':')
  const dial = `require('net').connect(${port}, '${host}').on('connect', () => process.exit(0)).on('error', () => process.exit(7))`
  const dialled = run('ip', ['netns', 'exec', network, process.execPath, '-e', dial])
  const reached = await dialled.then(
    () => 'reached',
    (error: { code?: number }) => (error.code === 7 ? 'refused' : 'not tried'),
  )
  return { variables, routes, kafka: reached }
}

export interface Program {
  call<T>(command: string, input?: unknown): Promise<T>
}

/** A program of `test/programs` in that network. */
export function programIn(network: string, name: string): Program {
  const file = join(packageRoot, 'test/programs', name)
  const args = ['netns', 'exec', network, process.execPath, '--import', 'tsx', '--conditions=source', file]
  const child = spawn('ip', args, { cwd: packageRoot, stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const waiting = new Map<number, (answer: { value?: unknown; error?: string }) => void>()
  let last = 0
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as { id: number; value?: unknown; error?: string }
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return {
    call: <T>(command: string, input: unknown = {}) =>
      new Promise<T>((resolve, reject) => {
        const id = ++last
        waiting.set(id, ({ value, error }) => (error === undefined ? resolve(value as T) : reject(new Error(error))))
        child.stdin.write(`${JSON.stringify({ id, command, input })}\n`)
      }),
  }
}

/** A Unix socket that leads to another, until it is cut. */
export async function cuttable(path: string, to: string): Promise<{ cut(): void; mend(): void }> {
  const open = new Set<Socket>()
  let isCut = false
  const server = createServer((from) => {
    if (isCut) {
      from.destroy()
      return
    }
    const other = connect(to)
    for (const [one, two] of [
      [from, other],
      [other, from],
    ] as const) {
      open.add(one)
      one.pipe(two)
      one.on('error', () => two.destroy())
      one.on('close', () => {
        open.delete(one)
        two.destroy()
      })
    }
  })
  server.listen(path)
  await once(server, 'listening')
  const cut = (): void => {
    isCut = true
    for (const socket of open) socket.destroy()
  }
  onTestFinished(() => {
    cut()
    server.close()
  })
  return {
    cut,
    mend() {
      isCut = false
    },
  }
}
