import { readdir, readFile, readlink, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cluster } from './cluster.ts'
import { eventually } from './eventually.ts'
import { processesNaming } from './processes.ts'

/** What a process holds when it has nothing to do. */
export interface Held {
  /** Reachable, by a snapshot of the heap. */
  readonly heapBytes: number
  /** Open files and pipes; connections of HTTP are kept for a while for whoever asks again. */
  readonly files: number
  /** Connections to Kafka. */
  readonly kafkaSockets: number
  /** Also those that keep no process alive. */
  readonly timers: number
  /** How many objects of each constructor, to tell what has grown. */
  readonly objects: ReadonlyMap<string, number>
}

/** For `startCluster`'s processes: a snapshot of the heap, behind a collection, at a signal. */
export const snapshotOptions = '--heapsnapshot-signal=SIGUSR2'

export async function heldBy(cluster: Cluster, worker: number, kafkaPort: number): Promise<Held> {
  const { port } = new URL(cluster.urls[worker] ?? '')
  const [found] = await processesNaming(join(cluster.dir, `worker-${port}.properties`))
  if (!found) throw new Error(`Worker ${worker} does not run.`)
  const links = await descriptorsOf(found.pid)
  const sockets = await socketsTo(found.pid, kafkaPort)
  const { bytes, objects } = await snapshotOf(cluster, found.pid)
  return {
    heapBytes: bytes,
    files: links.filter((link) => !link.startsWith('socket:')).length,
    kafkaSockets: links.filter((link) => sockets.has(link)).length,
    timers: objects.get('object Timeout') ?? 0,
    objects,
  }
}

async function descriptorsOf(pid: number): Promise<readonly string[]> {
  const dir = `/proc/${pid}/fd`
  return Promise.all((await readdir(dir)).map((fd) => readlink(join(dir, fd)).catch(() => '')))
}

/** Those that lead to a port, as /proc names them. */
async function socketsTo(pid: number, port: number): Promise<ReadonlySet<string>> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const rows = (await Promise.all(['tcp', 'tcp6'].map((kind) => readFile(`/proc/${pid}/net/${kind}`, 'utf8'))))
    .flatMap((text) => text.trim().split('\n').slice(1))
    .map((row) => row.trim().split(/\s+/))
  return new Set(rows.filter(([, , remote]) => remote?.endsWith(`:${hex}`)).map((row) => `socket:[${row[9]}]`))
}

interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly [readonly string[]] }
  }
  readonly nodes: readonly number[]
  readonly strings: readonly string[]
}

async function snapshotOf(cluster: Cluster, pid: number) {
  const written = async () =>
    (await readdir(cluster.dir)).find((name) => name.endsWith('.heapsnapshot') && name.includes(`.${pid}.`))
  process.kill(pid, 'SIGUSR2')
  const file = join(cluster.dir, await eventually(written, { what: 'a snapshot of the heap' }))
  const { snapshot, nodes, strings } = await eventually(
    async () => (await stat(file)).size > 0 && (JSON.parse(await readFile(file, 'utf8')) as Snapshot),
    { timeoutMs: 120_000, what: 'the whole snapshot' },
  )
  await rm(file)
  const fields = snapshot.meta.node_fields
  const kinds = snapshot.meta.node_types[0]
  const [type, name, size] = ['type', 'name', 'self_size'].map((field) => fields.indexOf(field))
  const objects = new Map<string, number>()
  let bytes = 0
  for (let at = 0; at < nodes.length; at += fields.length) {
    bytes += nodes[at + (size ?? 0)] ?? 0
    const kind = kinds[nodes[at + (type ?? 0)] ?? 0] ?? ''
    if (kind !== 'object' && kind !== 'closure') continue
    const what = `${kind} ${strings[nodes[at + (name ?? 0)] ?? 0]}`
    objects.set(what, (objects.get(what) ?? 0) + 1)
  }
  return { bytes, objects }
}

/** What there is the most more of. */
export const grown = (before: Held, after: Held, count = 12): readonly string[] =>
  [...after.objects]
    .map(([what, now]): [string, number] => [what, now - (before.objects.get(what) ?? 0)])
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, count)
    .map(([what, more]) => `${what} +${more}`)
