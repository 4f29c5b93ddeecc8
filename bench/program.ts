import { messageOf } from '#api'

export interface Request {
  readonly id: number
  readonly command: string
  readonly input: unknown
}

export type Response =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }

/** One command of a program: plain data in, plain data out. */
export type Command<I = never, O = unknown> = (input: I) => Promise<O>

/** CPU time of this process so far, in microseconds. */
export interface Cpu {
  readonly user: number
  readonly system: number
}

/** Bytes, after a collection when the program was started with `--expose-gc`. */
export interface Memory {
  readonly rss: number
  readonly heapUsed: number
}

const common: Readonly<Record<string, Command>> = {
  cpu: async (): Promise<Cpu> => process.cpuUsage(),
  heapUsed: async () => process.memoryUsage().heapUsed,
  async memory(): Promise<Memory> {
    const { gc } = globalThis
    for (let round = 0; gc && round < 3; round++) {
      gc()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const { rss, heapUsed } = process.memoryUsage()
    return { rss, heapUsed }
  },
}

/** Makes this process a program that does what its parent asks (`startProgram`), and ends when the parent has gone. */
export function serveCommands(own: Readonly<Record<string, Command>>): void {
  const commands: Readonly<Record<string, Command>> = { ...common, ...own }
  const answer = (response: Response) => void process.send?.(response)
  process.on('message', ({ id, command, input }: Request) => {
    const run = commands[command]
    if (!run) return answer({ id, error: `The program has no command ${command}.` })
    run(input as never).then(
      (result) => answer({ id, result }),
      (error: unknown) =>
        answer({ id, error: error instanceof Error ? (error.stack ?? error.message) : messageOf(error) }),
    )
  })
  // oxlint-disable-next-line unicorn/no-process-exit -- a program has no other end
  process.once('disconnect', () => process.exit())
}
