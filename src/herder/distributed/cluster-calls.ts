import { BadRequestError, ConnectError, ForbiddenError, messageOf, NotFoundError, RetriableError } from '#api'
import type { ConfigStore, ConnectorEntry, RawConfig } from '../../storage/index.ts'
import { sameProps } from '../connector-props.ts'
import type { InternalRequests } from '../herder.ts'
import { tasksOf } from './desired-work.ts'
import type { InternalClient, SignedRequest } from './internal-client.ts'
import type { Cluster } from './local-work.ts'
import { isOwn, type Turns } from './turns.ts'
import type { WorkerGroup } from './worker-group.ts'

export interface ClusterCallsOptions {
  readonly store: ConfigStore
  readonly group: () => WorkerGroup | undefined
  readonly turns: Turns
  readonly client: InternalClient
  /** What this worker does itself as the leader. */
  readonly leader: Pick<InternalRequests, 'putTasks' | 'fence'>
}

/** How long (ms) a task that is to begin waits for the config topic to be read to its end. */
const verifyMs = 60_000

/** What the work of this worker asks of the cluster: done here when this worker is the leader, else asked of it. */
export function createClusterCalls({ store, group, turns, client, leader }: ClusterCallsOptions): Cluster {
  /** The URL of the leader, unless that is this worker. */
  const leaderUrl = (): Promise<string | undefined> =>
    turns.whenSettled(() => {
      if (group()?.isLeader()) return undefined
      const url = group()?.leaderUrl()
      if (url === undefined || url === '') throw new ConnectError('Nobody is known to be the leader at this moment.')
      return url
    })

  /** Done here as the leader, or asked of it; asked anew when another leads or the group rebalances, since a frozen worker answers nothing. */
  async function byLeader(here: () => Promise<void>, request: Omit<SignedRequest, 'url' | 'signal'>): Promise<void> {
    for (;;) {
      const url = await leaderUrl()
      if (url === undefined) return here()
      const isDone = await turns.whileUnchanged(async (signal) => {
        try {
          await client.send({ ...request, url, signal })
          return true
        } catch (error) {
          if (!signal.aborted) throw error
          return false
        }
      })
      if (isDone) return
    }
  }

  return {
    async putTasks(name, configs) {
      const entry = store.state().connectors.get(name)
      if (!entry || !isChanged(entry, configs)) return
      const body = Buffer.from(JSON.stringify(configs))
      const path = ['connectors', name, 'tasks']
      const request = { method: 'POST', path, body, contentType: 'application/json' } as const
      await byLeader(() => leader.putTasks(name, configs), request)
    },
    async fence(name) {
      // Tasks of a newer set than this worker has read are refused by `verify`.
      if (store.state().connectors.get(name)?.pendingFencing === false) return
      const path = ['connectors', name, 'fence']
      await passing(byLeader(() => leader.fence(name), { method: 'PUT', path }))
    },
    async verify(id, generation) {
      const state = await passing(store.refresh(verifyMs))
      const named = `${id.connector}-${id.task}`
      if (state.connectors.get(id.connector)?.tasksGeneration !== generation) {
        throw new ConnectError(
          `Cannot start source task ${named} with exactly-once support as the connector has already generated a new set of task configs`,
        )
      }
      const member = group()
      if (!member || !isOwn(member, id)) {
        throw new ConnectError(`Cannot start source task ${named} as it has already been revoked from this worker`)
      }
    },
  }
}

/** Nobody leads, the leader cannot write: a task that is to begin has to wait for what passes by itself. What is wrong with the request does not. */
async function passing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    if (ConnectError.is(cause) && lasting.has(cause.code)) throw cause
    throw new RetriableError(messageOf(cause), { cause })
  }
}

const lasting: ReadonlySet<string> = new Set([NotFoundError.code, BadRequestError.code, ForbiddenError.code])

/** Also when the connector's own configuration differs from that which its tasks were made from (KAFKA-9228). */
export function isChanged(entry: ConnectorEntry, configs: readonly RawConfig[]): boolean {
  const { applied, config } = entry
  const tasks = tasksOf(entry)
  return (
    entry.inconsistent ||
    tasks.length !== configs.length ||
    configs.some((each, task) => !sameProps(each, tasks[task] ?? {})) ||
    applied === undefined ||
    !sameProps(applied, config)
  )
}
