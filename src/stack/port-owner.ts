import { readdir, readFile, readlink } from 'node:fs/promises'
import { identifyProcess } from './process-identity.ts'

/** Who listens on a TCP port of this machine, as `java … kafka.Kafka (process 123)`; undefined when it cannot be known. */
export async function portOwner(port: number): Promise<string | undefined> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  )
  const inodes = new Set(tables.flatMap((table) => parseListeners(table, port)))
  if (inodes.size === 0) return undefined
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number)
  for (const pid of pids) {
    if (!(await holdsSocket(pid, inodes))) continue
    const found = await identifyProcess(pid)
    if (found) return `${shorten(found.command)} (process ${pid})`
  }
  return undefined
}

/** The socket inodes that listen on the port, out of `/proc/net/tcp` or `/proc/net/tcp6`. */
export function parseListeners(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(suffix) && state === '0A')
    .flatMap((fields) => fields[9] ?? [])
}

async function holdsSocket(pid: number, inodes: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`
  const descriptors = await readdir(folder).catch(() => [])
  const targets = await Promise.all(descriptors.map((name) => readlink(`${folder}/${name}`).catch(() => '')))
  return targets.some((target) => inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? ''))
}

function shorten(command: string): string {
  return command.length > 80 ? `${command.slice(0, 50)} … ${command.slice(-25)}` : command
}
