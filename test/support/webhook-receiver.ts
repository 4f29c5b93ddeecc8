import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { packageRoot } from '../../src/cli/package-info.ts'
import type { Taken } from '../programs/webhook-receiver.ts'
import { tempFolder } from './temp-folder.ts'

/** A webhook receiver in a process of its own; it keeps its port from life to life, and is gone after the test. */
export async function webhookReceiver() {
  const file = join(await tempFolder(), 'taken')
  let port = 0
  let life = 0
  let child: ChildProcess | undefined

  const kill = async (): Promise<void> => {
    const ended = child
    child = undefined
    if (!ended || ended.exitCode !== null || ended.signalCode !== null) return
    const exited = once(ended, 'exit')
    ended.kill('SIGKILL')
    await exited
  }
  const start = async (): Promise<void> => {
    const program = join(packageRoot, 'test/programs/webhook-receiver.ts')
    const args = ['--import', 'tsx', '--conditions=source', program, String(port), file, String(++life)]
    const started = spawn(process.execPath, args, { cwd: packageRoot, stdio: ['ignore', 'pipe', 'inherit'] })
    child = started
    const [line] = (await once(createInterface({ input: started.stdout }), 'line')) as [string]
    port = (JSON.parse(line) as { readonly port: number }).port
  }
  onTestFinished(kill)
  await start()
  return {
    url: () => `http://127.0.0.1:${port}`,
    start,
    kill,
    /** All that was taken in all lives, in order; of a line that a kill has cut nothing. */
    taken: (): readonly Taken[] =>
      existsSync(file)
        ? readFileSync(file, 'utf8')
            .split('\n')
            .filter((line) => line.endsWith('}'))
            .map((line) => JSON.parse(line) as Taken)
        : [],
  }
}
