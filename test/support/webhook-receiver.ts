import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
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
  const taken: Taken[] = []
  /** How much of the file is among them. */
  let read = 0
  writeFileSync(file, '')

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
    /** All that was taken in all lives, in order. */
    taken(): readonly Taken[] {
      const text = readFileSync(file, 'utf8').slice(read)
      const lines = text.slice(0, text.lastIndexOf('\n') + 1)
      read += lines.length
      for (const line of lines.split('\n')) if (line !== '') taken.push(JSON.parse(line) as Taken)
      return taken
    },
  }
}
