import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Found {
  readonly pid: number
  readonly command: string
}

/** All processes that name a text in their command line or environment. Where there is no /proc: none. */
export async function processesNaming(text: string): Promise<readonly Found[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(join('/proc', pid, file), 'utf8').catch(() => '')
      const [command, environment] = await Promise.all([read('cmdline'), read('environ')])
      const named = `${command}\0${environment}`.includes(text)
      return named ? [{ pid: Number(pid), command: command.replaceAll('\0', ' ') }] : []
    }),
  )
  return found.flat()
}

/** Kills what a test should not have left behind. */
export async function killNaming(text: string): Promise<void> {
  for (const { pid } of await processesNaming(text)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has just ended.
    }
  }
}
