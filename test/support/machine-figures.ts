import { readFile } from 'node:fs/promises'

/** What TCP holds on this machine (bytes), from `/proc/net/sockstat`; 0 where there is none. */
export async function tcpMemory(): Promise<number> {
  const text = await readFile('/proc/net/sockstat', 'utf8').catch(() => '')
  const pages = /^TCP:.* mem (\d+)/m.exec(text)?.[1]
  return Number(pages ?? 0) * 4096
}

/** What a process has in memory (bytes); 0 when it is gone. */
export async function residentMemory(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '')
  return Number(text.split(' ')[1] ?? 0) * 4096
}

const mebibyte = 1024 * 1024
export const toMiB = (bytes: number): number => Math.round(bytes / mebibyte)

/** Looks every so often (ms), until it is stopped; what it has seen. */
export function watchFigure(everyMs: number, look: () => Promise<number>): { stop(): Promise<readonly number[]> } {
  const seen: number[] = []
  let looking: Promise<void> = Promise.resolve()
  const note = async (): Promise<void> => {
    seen.push(await look())
  }
  const timer = setInterval(() => {
    looking = note()
  }, everyMs)
  return {
    async stop() {
      clearInterval(timer)
      await looking
      return seen
    },
  }
}
