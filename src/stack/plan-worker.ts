import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerPlan } from './server.ts'

export interface WorkerPlanOptions {
  /** The stack's folder. */
  readonly dir: string
  readonly bootstrapServers: string
  readonly registryUrl: string
  /** Names the cluster and begins the names of its topics. */
  readonly group?: string | undefined
  /** Java properties that stand before those that are given here. */
  readonly properties?: string | undefined
  /** The command line of a worker with these arguments. */
  readonly command: (args: readonly string[]) => readonly [string, ...string[]]
}

/** A worker as a server of the stack, and how it is found again. */
export const workerIdentity = (
  dir: string,
  name: string,
): Pick<ServerPlan, 'name' | 'label' | 'dir'> & { readonly marker: string } => ({
  name,
  label: name,
  dir,
  // On the worker's command line.
  marker: join(dir, `${name}.properties`),
})

/** A worker of the cluster with its own file and ports. */
export function planWorker(options: WorkerPlanOptions, name: string, gateway: number, key: string): ServerPlan {
  const { dir, command } = options
  const file = workerIdentity(dir, name).marker
  return {
    ...workerIdentity(dir, name),
    prepare: async (port: number) => writeFile(file, propertiesOf(options, port, gateway, key), { mode: 0o600 }),
    // Said once more, since the environment would win over the file.
    command: (port: number) =>
      command(['worker', file, '--set', `listeners=http://127.0.0.1:${port}`, `gateway.port=${gateway}`]),
    answers: probeWorker,
  }
}

function propertiesOf(options: WorkerPlanOptions, port: number, gateway: number, key: string): string {
  const { group = 'tidegate-stack' } = options
  const own = {
    'bootstrap.servers': options.bootstrapServers,
    'group.id': group,
    ...Object.fromEntries(
      ['config', 'offset', 'status'].flatMap((of) => [
        [`${of}.storage.topic`, `${group}-${of}`],
        [`${of}.storage.replication.factor`, '1'],
      ]),
    ),
    // For a person who tries what happens when one ends.
    'scheduled.rebalance.max.delay.ms': '10000',
    listeners: `http://127.0.0.1:${port}`,
    'rest.advertised.host.name': '127.0.0.1',
    'gateway.port': String(gateway),
    'gateway.position.keys': key,
  }
  const standard = {
    'key.converter': 'StringConverter',
    'value.converter': 'AvroConverter',
    'value.converter.schema.registry.url': options.registryUrl,
  }
  const lines = (properties: object): string =>
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('')
  // Of two lines for one property the later counts.
  return `${lines(standard)}${options.properties ?? ''}\n${lines(own)}`
}

/** The workers' shared key of positions: made once, and kept as long as the stack. */
export async function positionKey(dir: string): Promise<string> {
  const kept = await readFile(keyFile(dir), 'utf8').catch(() => '')
  if (Buffer.from(kept.trim(), 'base64').length === 32) return kept.trim()
  const key = randomBytes(32).toString('base64')
  await writeFile(keyFile(dir), `${key}\n`, { mode: 0o600 })
  return key
}

/** Whether the worker has started. */
export async function probeWorker(port: number): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(2_000)
    const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal })
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    // Not yet, or not any more.
    return false
  }
}

export const keyFile = (dir: string): string => join(dir, 'workers.key')
