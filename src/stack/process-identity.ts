import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** A process that runs. Pid and start time together name it for good: pids come back, both together do not. */
export interface ProcessIdentity {
  readonly pid: number
  /** Opaque; equal for the same process. */
  readonly startTime: string
  readonly command: string
}

/** The process with this pid, unless there is none or only its corpse is left. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const facts = process.platform === 'linux' ? await fromProc(pid) : await fromPs(pid)
  return facts && !facts.state.startsWith('Z') ? { pid, startTime: facts.startTime, command: facts.command } : undefined
}

interface Facts {
  readonly state: string
  readonly startTime: string
  readonly command: string
}

async function fromProc(pid: number): Promise<Facts | undefined> {
  try {
    const [stat, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ])
    const facts = parseProcStat(stat)
    return facts && { ...facts, command: command.replaceAll('\0', ' ').trim() }
  } catch {
    // The process is gone, which is the answer.
    return undefined
  }
}

async function fromPs(pid: number): Promise<Facts | undefined> {
  try {
    const options = { env: { LC_ALL: 'C' } }
    const { stdout } = await promisify(execFile)('/bin/ps', ['-p', `${pid}`, '-o', 'stat=,lstart=,args='], options)
    return parsePs(stdout)
  } catch {
    // ps exits with 1 when there is no such process.
    return undefined
  }
}

/** State and start time (ticks since boot, field 22) out of `/proc/<pid>/stat`; the name in it may hold anything. */
export function parseProcStat(stat: string): { state: string; startTime: string } | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, startTime] = [fields[0], fields[19]]
  return state && startTime ? { state, startTime } : undefined
}

/** One line of `ps -o stat=,lstart=,args=`. */
export function parsePs(line: string): Facts | undefined {
  const [, state, startTime, command] = /^\s*(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/m.exec(line) ?? []
  return state && startTime && command !== undefined ? { state, startTime, command } : undefined
}
