import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { identifyProcess, type ProcessIdentity } from './process-identity.ts'

/** What a pid file says of a server that this checkout started. */
export interface ServerRecord {
  readonly pid: number
  readonly startTime: string
  readonly port: number
  /** The process that the server dies with; absent for one that outlives its starter. */
  readonly owner?: number
}

/** Undefined when there is none, or what is there is no such record. */
export async function readPidFile(path: string): Promise<ServerRecord | undefined> {
  try {
    return parseRecord(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    // Missing or cut off by a crash: both mean that nothing is known to run.
    return undefined
  }
}

/** Written aside and renamed, so that a reader never sees half of it. */
export async function writePidFile(path: string, record: ServerRecord): Promise<void> {
  await writeFile(`${path}.${process.pid}`, `${JSON.stringify(record)}\n`)
  await rename(`${path}.${process.pid}`, path)
}

/** The server that the pid file names, if it still runs; a file left by one that is gone is removed. */
export async function findServer(
  path: string,
  marker: string,
  identify: (pid: number) => Promise<ProcessIdentity | undefined> = identifyProcess,
): Promise<ServerRecord | undefined> {
  const record = await readPidFile(path)
  if (record && isSameProcess(record, marker, await identify(record.pid))) return record
  await rm(path, { force: true })
  return undefined
}

/** Whether the process that has the record's pid now is the one that was recorded; `marker` is part of its command. */
const isSameProcess = (record: ServerRecord, marker: string, found: ProcessIdentity | undefined): boolean =>
  found !== undefined && found.startTime === record.startTime && found.command.includes(marker)

function parseRecord(json: unknown): ServerRecord | undefined {
  if (typeof json !== 'object' || json === null) return undefined
  const { pid, startTime, port, owner }: Partial<Record<keyof ServerRecord, unknown>> = json
  if (!isPid(pid) || typeof startTime !== 'string' || typeof port !== 'number') return undefined
  return { pid, startTime, port, ...(isPid(owner) ? { owner } : {}) }
}

const isPid = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value > 1
