import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startWorker } from '../../../src/cli/start-worker.ts'
import { eventually } from '../../support/eventually.ts'
import { clusterProps, startJavaWorker } from '../../support/java-worker.ts'
import { quietLog } from '../../support/quiet.ts'
import type { Worker } from './run-case.ts'

/** The two workers of a cluster, as the cases ask them. */
export interface ClusterUnderTest {
  readonly leader: Worker
  readonly follower: Worker
  stop(): Promise<void>
}

export interface ClusterOptions {
  readonly kind: Worker['kind']
  readonly bootstrapServers: string
  readonly dir: string
  /** The group; the topics are named after it. */
  readonly cluster: string
  readonly props: Readonly<Record<string, string>>
}

/** Starts two workers of one cluster, Java's or ours, and finds out who leads. The caller stops them. */
export async function startCluster(options: ClusterOptions): Promise<ClusterUnderTest> {
  const { kind, bootstrapServers, dir } = options
  const started: { readonly url: string; stop(): Promise<void> }[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((worker) => worker.stop()))
  }
  try {
    // One after the other: both would make the topics.
    for (const _ of ['first', 'second']) started.push(await startMember(options))
    const urls = started.map(({ url }) => url)
    const leader = await eventually(() => leaderOf(urls), { timeoutMs: 60_000, what: `a leader of ${kind}` })
    const at = (url: string): Worker => ({ kind, url, bootstrapServers, dir, cluster: urls })
    return { leader: at(leader), follower: at(urls.find((url) => url !== leader) ?? ''), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The leader alone answers a change that may not be forwarded; and all have to have joined. */
async function leaderOf(urls: readonly string[]): Promise<string> {
  const statuses = await Promise.all(
    urls.map(async (url) => (await fetch(`${url}/connectors/none?forward=false`, { method: 'DELETE' })).status),
  )
  const [leader, ...others] = urls.filter((_, index) => statuses[index] === 404)
  if (leader === undefined || others.length > 0 || statuses.some((status) => status !== 404 && status !== 409)) {
    throw new Error(`they answer ${statuses.join(', ')}`)
  }
  return leader
}

/** Starts one worker of a cluster, which may have others, of the other kind too if they are not there at the same time. */
export async function startMember({ kind, bootstrapServers, dir, cluster, props }: ClusterOptions) {
  if (kind === 'java') return startJavaWorker({ bootstrapServers, dir, cluster, props })
  const file = join(dir, 'cluster-worker.json')
  await writeFile(
    file,
    JSON.stringify({
      'bootstrap.servers': bootstrapServers,
      'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter.schemas.enable': 'false',
      'offset.flush.interval.ms': '200',
      'rest.port': 0,
      'gateway.enabled': false,
      ...clusterProps(cluster),
      ...props,
    }),
  )
  const worker = await startWorker({ file, connectorFiles: [], env: process.env, flags: {}, log: quietLog })
  return { url: worker.restUrl, stop: worker.stop }
}

/** Waits until all workers of a cluster tell the same: a change reaches those that did not make it a little later. */
export async function settled(urls: readonly string[]): Promise<void> {
  const told = async (url: string): Promise<string> => {
    const response = await fetch(`${url}/connectors?expand=info`)
    return response.ok ? JSON.stringify(sorted(await response.json())) : `${url} ${response.status}`
  }
  await eventually(
    async () => {
      const [first, ...others] = await Promise.all(urls.map(told))
      if (others.some((each) => each !== first)) throw new Error(`${first} and ${others.join(', ')}`)
      return true
    },
    { timeoutMs: 30_000, what: 'all workers to know the same' },
  )
}

const sorted = (value: unknown): unknown =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, each]) => [key, sorted(each)]),
      )
