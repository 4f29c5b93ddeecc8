import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The command lines of all processes that name a text there or in their environment. Where there is no /proc: none. */
export async function processesNaming(text: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(join('/proc', pid, file), 'utf8').catch(() => '')
      const [command, environment] = await Promise.all([read('cmdline'), read('environ')])
      const named = `${command}\0${environment}`.includes(text)
      return named ? [`${pid} ${command.replaceAll('\0', ' ')}`] : []
    }),
  )
  return found.flat()
}
