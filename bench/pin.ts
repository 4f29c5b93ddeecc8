import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const tool = 'taskset'

/**
 * Keeps a process, with all its threads, to one core (Linux with `taskset`); false where that cannot be. A server and its clients that
 * wander between cores wake each other at another price each time.
 */
export function pinToCore(pid: number | undefined, core: number): boolean {
  if (pid === undefined || process.platform !== 'linux' || availableParallelism() < 2) return false
  try {
    execFileSync(tool, ['-a', '-c', '-p', String(core), String(pid)], { stdio: 'ignore' })
    return true
  } catch {
    // It is not installed, or the core is not ours.
    return false
  }
}
