import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { pinToCore } from './pin.ts'
import type { Cpu, Memory, Request, Response } from './program.ts'

/** A process of its own that does nothing but what it is asked, so that its CPU time is that of the thing measured. */
export interface Program {
  call<T>(command: string, input?: unknown): Promise<T>
  cpu(): Promise<Cpu>
  memory(): Promise<Memory>
  stop(): Promise<void>
}

export interface ProgramOptions {
  readonly execArgv?: readonly string[]
  /** The core that the program is kept to, where that can be. */
  readonly core?: number
  /** A call that takes longer (ms) fails. */
  readonly timeoutMs?: number
}

/** Starts one of `programs/`. It ends with `stop`, and with this process however that ends. */
function startProgram(name: string, options: ProgramOptions = {}): Program {
  const { execArgv = [], core, timeoutMs = 180_000 } = options
  const file = fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url))
  const child = fork(file, [], {
    execArgv: ['--enable-source-maps', ...execArgv],
    env: { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  if (core !== undefined) pinToCore(child.pid, core)
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  const exited = once(child, 'exit')
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error(`The program ${name} ended before it answered.`))
    waiting.clear()
  })
  child.on('message', (response: Response) => {
    const waiter = waiting.get(response.id)
    waiting.delete(response.id)
    if ('error' in response) waiter?.reject(new Error(`${name}: ${response.error}`))
    else waiter?.resolve(response.result)
  })

  let last = 0
  function call<T>(command: string, input?: unknown): Promise<T> {
    const id = ++last
    return new Promise<T>((resolve, reject) => {
      if (!child.connected) return reject(new Error(`The program ${name} has ended.`))
      const timer = setTimeout(
        () => fail(new Error(`${name}: ${command} took longer than ${timeoutMs} ms.`)),
        timeoutMs,
      )
      const fail = (error: Error) => {
        clearTimeout(timer)
        waiting.delete(id)
        reject(error)
      }
      waiting.set(id, {
        reject: fail,
        resolve(result) {
          clearTimeout(timer)
          resolve(result as T)
        },
      })
      child.send({ id, command, input } satisfies Request)
    })
  }

  return {
    call,
    cpu: () => call<Cpu>('cpu'),
    memory: () => call<Memory>('memory'),
    async stop() {
      if (child.connected) child.disconnect()
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
      await exited
      clearTimeout(timer)
    },
  }
}

/** Runs `use` with programs that end with it, whatever happens. */
export async function withPrograms<T>(
  names: readonly (readonly [string, ProgramOptions])[],
  use: (...programs: Program[]) => Promise<T>,
): Promise<T> {
  const programs = names.map(([name, options]) => startProgram(name, options))
  try {
    return await use(...programs)
  } finally {
    await Promise.all(programs.map((program) => program.stop()))
  }
}
