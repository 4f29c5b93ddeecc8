import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { startMember } from '../interop/rest/cluster.ts'
import { eventually } from '../support/eventually.ts'

type Kind = 'java' | 'ours'

/** A cluster's one worker at a time, Java's or ours, on the same group and topics. */
async function makeCluster() {
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-interchange-'))
  const cluster = `interchange-${dir.slice(-6)}`
  let running: { readonly url: string; stop(): Promise<void> } | undefined
  onTestFinished(async () => {
    await running?.stop()
    await rm(dir, { recursive: true, force: true })
  })
  return {
    dir,
    cluster,
    async become(kind: Kind): Promise<void> {
      await running?.stop()
      running = undefined
      running = await startMember({ kind, bootstrapServers: inject('kafka'), dir, cluster, props: {} })
    },
    async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
      return eventually(
        async () => {
          const response = await fetch(`${running?.url}${path}`, {
            method,
            ...(body !== undefined && {
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify(body),
            }),
          })
          const text = await response.text()
          if (!response.ok) throw new Error(`${response.status} ${text}`)
          return (text === '' ? true : JSON.parse(text)) as T
        },
        { timeoutMs: 60_000, what: `${method} ${path}` },
      )
    },
  }
}

type Cluster = Awaited<ReturnType<typeof makeCluster>>

interface Told {
  readonly [name: string]: {
    readonly info: { readonly config: unknown; readonly tasks: unknown; readonly type: string }
    readonly status: {
      readonly connector: { readonly state: string }
      readonly tasks: readonly { readonly id: number; readonly state: string }[]
    }
  }
}

/** The connectors, whose names begin with the cluster's: a sink's group is named after it. */
const states = { lines: 'RUNNING', paused: 'PAUSED', stopped: 'STOPPED', out: 'RUNNING' }

/** What a worker tells of the cluster once all its connectors are where they should be. */
async function told({ ask, cluster }: Cluster) {
  return eventually(
    async () => {
      const all = await ask<Told>('GET', '/connectors?expand=info&expand=status')
      const names = Object.keys(states) as (keyof typeof states)[]
      const of = (name: string) => all[`${cluster}-${name}`]
      const seen = names.map((name) => [name, of(name)?.status.connector.state] as const)
      expect(Object.fromEntries(seen)).toEqual(states)
      for (const name of names) {
        const tasks = of(name)?.info.tasks as readonly unknown[]
        expect(of(name)?.status.tasks.map(({ state }) => state)).toEqual(tasks.map(() => states[name]))
      }
      return Promise.all(
        names.map(async (name) => ({
          name,
          info: of(name)?.info,
          tasks: of(name)?.status.tasks.map(({ id, state }) => ({ id, state })),
          configs: await ask<unknown>('GET', `/connectors/${cluster}-${name}/tasks`),
          topics: await ask<Record<string, { topics: string[] }>>('GET', `/connectors/${cluster}-${name}/topics`),
          offsets: await ask<unknown>('GET', `/connectors/${cluster}-${name}/offsets`),
        })),
      )
    },
    { timeoutMs: 60_000, what: 'all connectors in their states' },
  )
}

const linesOf = async (file: string): Promise<readonly string[]> =>
  (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '')

test.each([
  ['ours', 'java'],
  ['java', 'ours'],
] as const)(
  'on the topics that %s wrote, %s has the same connectors, states and offsets, and goes on where the other stopped',
  async (first, second) => {
    const cluster = await makeCluster()
    const { dir, ask } = cluster
    const at = (name: string, what?: string) =>
      `/connectors/${cluster.cluster}-${name}${what === undefined ? '' : `/${what}`}`
    const [input, output] = [join(dir, 'in.txt'), join(dir, 'out.txt')]
    const topic = `${cluster.cluster}.lines`
    const text = { 'value.converter': 'org.apache.kafka.connect.storage.StringConverter' }
    const source = { 'connector.class': 'FileStreamSource', file: input, topic, ...text }
    const sink = { 'connector.class': 'FileStreamSink', file: output, topics: topic, 'tasks.max': '2', ...text }
    await writeFile(input, 'one\ntwo\n')

    await cluster.become(first)
    await ask('PUT', at('lines', 'config'), source)
    await ask('PUT', at('out', 'config'), sink)
    await ask('PUT', at('paused', 'config'), { ...source, file: join(dir, 'none.txt'), 'tasks.max': '1' })
    await ask('PUT', at('stopped', 'config'), { ...sink, file: join(dir, 'stopped.txt') })
    await ask('PUT', at('gone', 'config'), { ...sink, file: join(dir, 'gone.txt') })
    await ask('PUT', at('paused', 'pause'))
    await ask('PUT', at('stopped', 'stop'))
    await ask('DELETE', at('gone'))
    await eventually(async () => (await linesOf(output)).length === 2, { timeoutMs: 60_000, what: 'two lines' })
    const isCommitted = (name: string, field: string, value: number) =>
      eventually(async () => JSON.stringify(await ask('GET', at(name, 'offsets'))).includes(`"${field}":${value}`), {
        timeoutMs: 60_000,
        what: `the offsets of ${name}`,
      })
    await isCommitted('lines', 'position', 8)
    await isCommitted('out', 'kafka_offset', 2)
    const before = await told(cluster)

    await cluster.become(second)
    expect(await ask<string[]>('GET', '/connectors')).not.toContain(`${cluster.cluster}-gone`)
    expect(await told(cluster)).toEqual(before)
    await appendFile(input, 'three\n')
    await eventually(async () => (await linesOf(output)).length >= 3, { timeoutMs: 60_000, what: 'the third line' })
    await isCommitted('lines', 'position', 14)
    await isCommitted('out', 'kafka_offset', 3)
    await ask('PUT', at('lines', 'config'), { ...source, note: 'changed' })
    await eventually(async () => JSON.stringify(await ask('GET', at('lines', 'tasks'))).includes('"note":"changed"'), {
      timeoutMs: 60_000,
      what: 'tasks of the changed configuration',
    })
    const after = await told(cluster)

    await cluster.become(first)
    expect(await told(cluster)).toEqual(after)
    await appendFile(input, 'four\n')
    await eventually(async () => (await linesOf(output)).length >= 4, { timeoutMs: 60_000, what: 'the fourth line' })
    expect(await linesOf(output)).toEqual(['one', 'two', 'three', 'four'])
  },
  240_000,
)
