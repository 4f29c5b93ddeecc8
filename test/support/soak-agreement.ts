import kafkajs from 'kafkajs'
import { inject } from 'vitest'
import type { KafkaClient } from '../../src/kafka/index.ts'
import type { Cluster } from './cluster.ts'
import { parsePrometheus } from './prometheus-text.ts'
import { type Wanted, wantedTasks } from './soak-model.ts'
import { storedConnectors, storedStatuses } from './soak-topics.ts'

interface Told {
  readonly info: {
    readonly config: Readonly<Record<string, string>>
    readonly tasks: readonly { readonly task: number }[]
  }
  readonly status: {
    readonly connector: { readonly state: string; readonly worker_id: string }
    readonly tasks: readonly { readonly id: number; readonly state: string; readonly worker_id: string }[]
  }
}

export interface AgreementOptions {
  readonly cluster: Cluster
  readonly kafka: KafkaClient
  readonly wanted: ReadonlyMap<string, Wanted>
}

const stateOf = { STARTED: 'RUNNING', PAUSED: 'PAUSED', STOPPED: 'STOPPED' } as const
const isReader = ({ config }: Wanted): boolean => config['connector.class'] === 'WebSocketServerSink'
const isSink = ({ config }: Wanted): boolean => config['connector.class'] === 'FileStreamSink'

/** All that disagrees: with what is wanted, between the workers, with Kafka's topics and groups, with what really runs. */
export async function disagreements({ cluster, kafka, wanted }: AgreementOptions): Promise<readonly string[]> {
  const wrong: string[] = []
  const same = (what: string, seen: unknown, expected: unknown): void => {
    const [one, other] = [JSON.stringify(sorted(seen)), JSON.stringify(sorted(expected))]
    if (one !== other) wrong.push(`${what}: ${one} instead of ${other}`)
  }
  const told = await Promise.all(
    cluster.urls.map((url) => ask<Record<string, Told>>(url, '/connectors?expand=info&expand=status')),
  )
  const [first = {}] = told
  for (const [worker, each] of told.entries()) same(`worker ${worker} and the first`, each, first)
  same('the connectors', Object.keys(first).toSorted(), [...wanted.keys()].toSorted())

  const stored = await storedConnectors(kafka, `${cluster.name}-configs`)
  same('the connectors of the config topic', [...stored.keys()].toSorted(), [...wanted.keys()].toSorted())
  const states: Record<string, string> = {}
  for (const [name, each] of wanted) {
    const [seen, kept] = [first[name], stored.get(name)]
    if (!seen || !kept) continue
    const count = wantedTasks(each) ?? kept.tasks
    const state = stateOf[each.target]
    const ids = Array.from({ length: count }, (_, id) => id)
    same(`the configuration of ${name}`, seen.info.config, each.config)
    same(`${name} in the config topic`, kept, { config: each.config, target: each.target, tasks: count })
    same(`the state of ${name}`, seen.status.connector.state, state)
    same(
      `the tasks of ${name}`,
      seen.info.tasks.map(({ task }) => task),
      ids,
    )
    same(
      `the states of the tasks of ${name}`,
      seen.status.tasks.map(({ id, state: of }) => `${id} ${of}`),
      ids.map((id) => `${id} ${state}`),
    )
    states[name] = `${state} on ${seen.status.connector.worker_id}`
    for (const { id, worker_id: worker } of seen.status.tasks) states[`${name}-${id}`] = `${state} on ${worker}`
  }
  const statuses = await storedStatuses(kafka, `${cluster.name}-status`)
  same('the status topic', statuses.states, states)
  same(
    'users of topics that are gone',
    statuses.users.filter((name) => !wanted.has(name)),
    [],
  )

  const running = await Promise.all(cluster.urls.map(runningOn))
  same('what the workers run', Object.assign({}, ...running.map(({ what }) => what)), states)
  same(
    'what runs on two workers',
    running.map(({ what }) => Object.keys(what).length).reduce((sum, each) => sum + each, 0),
    Object.keys(states).length,
  )
  for (const [name, each] of wanted) {
    if (!isReader(each) || each.target === 'STOPPED' || states[`${name}-0`] === undefined) continue
    const readers = await Promise.all(
      cluster.urls.map((url) => ask<readonly { readonly state: string }[]>(url, `/connectors/${name}/readers`)),
    )
    same(
      `the readers of ${name}`,
      readers.map((of) => of.map(({ state }) => state)),
      cluster.urls.map(() => [stateOf[each.target]]),
    )
  }

  const members = await membersOf(cluster.name)
  const expected: Record<string, number> = { [cluster.name]: cluster.urls.length }
  for (const [name, each] of wanted) {
    const group = `connect-${name}`
    const most = stored.get(name)?.tasks ?? 0
    // A task that begins while its connector is paused joins when it is resumed first.
    if (isSink(each)) expected[group] = wantedTasks(each) ?? Math.min(members[group] ?? 0, most)
  }
  const active = (all: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0))
  same('members of groups', active(members), active(expected))
  return wrong
}

async function ask<T>(url: string, path: string): Promise<T> {
  const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(10_000) })
  if (!response.ok) throw new Error(`${url}${path} answers ${response.status}`)
  return (await response.json()) as T
}

/** What a worker itself says that it runs, by its metrics: `name` and `name-0`. */
async function runningOn(url: string): Promise<{ readonly what: Readonly<Record<string, string>> }> {
  const families = parsePrometheus(await (await fetch(`${url}/metrics`)).text())
  const what: Record<string, string> = {}
  const host = new URL(url).host
  for (const { labels } of families.get('kafka_connect_connector_info')?.samples ?? [])
    what[labels['connector'] ?? ''] = `${labels['status']?.toUpperCase()} on ${host}`
  for (const { labels } of families.get('kafka_connect_connector_status')?.samples ?? [])
    what[`${labels['connector']}-${labels['task']}`] = `${labels['status']?.toUpperCase()} on ${host}`
  return { what }
}

type Admin = ReturnType<kafkajs.Kafka['admin']>

async function asAdmin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
  const { Kafka, logLevel } = kafkajs
  const admin = new Kafka({ brokers: [inject('kafka')], clientId: 'soak', logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

/** How many members each group has that names the cluster. */
export const membersOf = (cluster: string): Promise<Readonly<Record<string, number>>> =>
  asAdmin(async (admin) => {
    const { groups } = await admin.listGroups()
    const ids = groups.map(({ groupId }) => groupId).filter((id) => id.includes(cluster))
    const described = ids.length === 0 ? [] : (await admin.describeGroups(ids)).groups
    return Object.fromEntries(described.map(({ groupId, members }) => [groupId, members.length]))
  })

/** The topics that name the cluster. */
export const topicsOf = (cluster: string): Promise<readonly string[]> =>
  asAdmin(async (admin) => (await admin.listTopics()).filter((topic) => topic.includes(cluster)).toSorted())

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, of]) => [key, sorted(of)]),
  )
}
