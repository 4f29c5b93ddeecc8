import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

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

/** Looks every so often (ms), until it is stopped or the test ends; what it has seen. A look that fails is passed over. */
export function watchFigure(everyMs: number, look: () => Promise<number>): { stop(): Promise<readonly number[]> } {
  const seen: number[] = []
  const life = new AbortController()
  const watch = async (): Promise<void> => {
    while (!life.signal.aborted) {
      await sleep(everyMs, undefined, { signal: life.signal }).catch(() => undefined)
      const figure = life.signal.aborted ? undefined : await look().catch(() => undefined)
      if (figure !== undefined) seen.push(figure)
    }
  }
  const watching = watch()
  const stop = async (): Promise<readonly number[]> => {
    life.abort()
    await watching
    return seen
  }
  onTestFinished(async () => {
    await stop()
  })
  return { stop }
}
