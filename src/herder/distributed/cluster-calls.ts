import { ConnectError } from '#api'
import type { ConfigStore, ConnectorEntry, RawConfig } from '../../storage/index.ts'
import { sameProps } from '../connector-props.ts'
import type { InternalRequests } from '../herder.ts'
import { tasksOf } from './desired-work.ts'
import type { InternalClient } from './internal-client.ts'
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
  async function leaderUrl(): Promise<string | undefined> {
    await turns.settled()
    if (group()?.isLeader()) return undefined
    const url = group()?.leaderUrl()
    if (url === undefined || url === '') throw new ConnectError('Nobody is known to be the leader at this moment.')
    return url
  }

  return {
    async putTasks(name, configs) {
      const entry = store.state().connectors.get(name)
      if (!entry || !isChanged(entry, configs)) return
      const url = await leaderUrl()
      if (url === undefined) return leader.putTasks(name, configs)
      const body = Buffer.from(JSON.stringify(configs))
      const path = ['connectors', name, 'tasks']
      await client.send({ method: 'POST', url, path, body, contentType: 'application/json' })
    },
    async fence(name) {
      // Tasks of a newer set than this worker has read are refused by `verify`.
      if (store.state().connectors.get(name)?.pendingFencing === false) return
      const url = await leaderUrl()
      if (url === undefined) await leader.fence(name)
      else await client.send({ method: 'PUT', url, path: ['connectors', name, 'fence'] })
    },
    async verify(id, generation) {
      const state = await store.refresh(verifyMs)
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
