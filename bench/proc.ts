import type { ChildProcess } from 'node:child_process'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Kafka clock ticks a second of `/proc/<pid>/stat`: 100 wherever Node runs on Linux. */
const ticks = 100

/** CPU time (µs) that a process and those that it started have used since they began, all their threads together. */
export const cpuUs = (pid: number): Promise<number> => sumOver(pid, ownCpuUs)

/** Of a process and those that it started. */
async function sumOver(pid: number, of: (pid: number) => Promise<number>): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  const theirs = await Promise.all(
    children
      .trim()
      .split(' ')
      .filter(Boolean)
      .map((each) => sumOver(Number(each), of)),
  )
  return theirs.reduce((sum, each) => sum + each, await of(pid))
}

async function ownCpuUs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return (((user ?? 0) + (system ?? 0)) * 1e6) / ticks
}

export const residentMiB = (pid: number): Promise<number> => sumOver(pid, ownMiB)

async function ownMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024
}

/** Segments with data that a process has sent on the connections to `port` that it has open: one for each small request. NaN without `ss`. */
export async function requestsSent(pid: number, port: number): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)('ss', ['-tinpHO', 'dst', `:${port}`])
    const own = stdout.split('\n').filter((line) => line.includes(`pid=${pid},`))
    return own.reduce((sum, line) => sum + Number(/data_segs_out:(\d+)/.exec(line)?.[1] ?? 0), 0)
  } catch {
    // Not installed.
    return Number.NaN
  }
}

export async function kill(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}
