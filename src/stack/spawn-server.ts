import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { Socket } from 'node:net'

export interface ServerCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly logFile: string
  /** `alone` outlives this process; `with-us` ends when this process does, however it ends. */
  readonly lifetime: 'alone' | 'with-us'
  /** A folder to remove when this process dies without having stopped the server. */
  readonly scratch?: string | undefined
}

export interface SpawnedServer {
  readonly pid: number
  readonly hasExited: () => boolean
}

/**
 * The shell becomes the server (`exec`), so the pid is the server's; beside it stays a watchdog that reads from a pipe
 * of ours. The pipe closes when we die, also by SIGKILL; a line through it says that all is well.
 */
const guard = `
scratch=$1; shift
{
  read -r word <&3
  if [ "$word" != done ]; then
    [ -n "$scratch" ] || kill -TERM $$
    tries=0
    while [ -z "$scratch" ] && [ $tries -lt 100 ] && kill -0 $$; do sleep 0.1; tries=$((tries + 1)); done
    kill -KILL $$
    if [ -n "$scratch" ]; then sleep 0.2; rm -rf "$scratch"; fi
  fi
} >/dev/null 2>&1 &
exec 3<&-
exec "$@"
`

/**
 * Starts a server in a session of its own, so that a Ctrl-C in the terminal reaches us alone and we stop it in order.
 * Its output goes to the log file. Throws when the command cannot be run at all.
 */
export async function spawnServer(options: ServerCommand): Promise<SpawnedServer> {
  const { command, args, lifetime, scratch = '' } = options
  const log = openSync(options.logFile, 'a')
  try {
    // Windows has no sh; there the server is left behind when this process is killed.
    const guarded = lifetime === 'with-us' && process.platform !== 'win32'
    const child = guarded
      ? spawn('sh', ['-c', guard, 'sh', scratch, command, ...args], {
          detached: true,
          stdio: ['ignore', log, log, 'pipe'],
        })
      : spawn(command, args, { detached: true, stdio: ['ignore', log, log] })
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    return watch(child)
  } finally {
    closeSync(log)
  }
}

function watch(child: ChildProcess): SpawnedServer {
  let exited = false
  // Not stdin: Node closes that by itself when the child ends, before anything can be said through it.
  const pipe = child.stdio[3]
  child.once('exit', () => {
    exited = true
    if (pipe instanceof Socket) pipe.end('done\n')
  })
  // Whoever forgets to stop a server must not hang because of it.
  child.unref()
  if (pipe instanceof Socket) {
    // The watchdog may have gone first, together with the whole session.
    pipe.on('error', () => undefined)
    pipe.unref()
  }
  return { pid: child.pid ?? 0, hasExited: () => exited }
}
