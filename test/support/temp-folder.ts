import { readdirSync, readlinkSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** An empty folder that is gone after the test. */
export async function tempFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-test-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** How often this process has a file open; only where /proc tells. */
export const openDescriptors = (file: string): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === file
    } catch {
      // The descriptor that listed the folder is gone by now.
      return false
    }
  }).length
