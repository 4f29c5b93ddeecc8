import { BadRequestError, ConflictError, NotFoundError } from '#api'
import { clientProps, connectorPlugin, type WorkerDeps } from '../../runtime/index.ts'
import type { ConfigStore, ConnectorEntry } from '../../storage/index.ts'
import type { InTurn } from '../serialize.ts'
import type { Claims } from './claims.ts'
import { tasksOf } from './desired-work.ts'

export interface FencingOptions {
  readonly deps: Pick<WorkerDeps, 'kafka' | 'plugins' | 'resolver' | 'workerProps'>
  readonly store: ConfigStore
  readonly claims: Pick<Claims, 'write'>
  readonly groupId: string
  /** `worker.sync.timeout.ms`. */
  readonly syncMs: number
  /** In which the connector's tasks are written. */
  readonly inTurn: (name: string) => InTurn
}

/** By which Kafka tells the producers of a task from those of its predecessors (KIP-618). */
export const transactionalIdOf = (groupId: string, connector: string, task: number): string =>
  `${groupId}-${connector}-${task}`

/**
 * Of the leader: ends what the producers of a source's earlier tasks may still write, and records how many the present ones are. Nothing is
 * recorded of tasks that were replaced meanwhile: their successors have to be fenced for.
 */
export interface Fencing {
  /** Those who ask for the same tasks share one round. */
  fence(name: string): Promise<void>
  /** For who has the connector's turn: no tasks are replaced meanwhile. */
  fenceInTurn(name: string): Promise<void>
}

export function createFencing(options: FencingOptions): Fencing {
  const { deps, store, claims, groupId, syncMs, inTurn } = options
  const rounds = new Map<string, { readonly generation: number; readonly work: Promise<void> }>()

  function known(name: string): ConnectorEntry {
    const found = store.state().connectors.get(name)
    if (!found) throw new NotFoundError(`Connector ${name} not found`)
    return found
  }

  async function sourceProps(name: string) {
    await store.refresh(syncMs)
    const { props } = await deps.resolver.resolve(known(name).config)
    if (connectorPlugin(props, deps.plugins).kind !== 'source')
      throw new BadRequestError(`Connector ${name} is not a source connector`)
    return clientProps('admin', props, deps.workerProps)
  }

  type Props = Awaited<ReturnType<typeof sourceProps>>

  async function fenceEarlier(name: string, entry: ConnectorEntry, props: Props): Promise<void> {
    const { fencedCount: former } = entry
    // One task alone fences its predecessor itself when it begins.
    if (former === undefined || former === 0 || (former === 1 && tasksOf(entry).length === 1)) return
    const ids = Array.from({ length: former }, (_, task) => transactionalIdOf(groupId, name, task))
    await deps.kafka.fenceProducers(ids, props)
  }

  async function record(name: string, fencedFor: ConnectorEntry): Promise<void> {
    await store.refresh(syncMs)
    const entry = known(name)
    if (entry.tasksGeneration !== fencedFor.tasksGeneration)
      throw new ConflictError('Fencing failed because new task configurations were generated for the connector')
    if (entry.pendingFencing) await claims.write(() => store.putTaskCount(name, tasksOf(entry).length))
  }

  async function round(name: string, entry: ConnectorEntry, props: Props, former: Promise<void> | undefined) {
    // A late one would fence the tasks that begin after this.
    await former?.catch(() => undefined)
    await fenceEarlier(name, entry, props)
    await inTurn(name)(() => record(name, entry))
  }

  return {
    async fence(name) {
      const props = await sourceProps(name)
      const entry = known(name)
      if (!entry.pendingFencing) return
      const generation = entry.tasksGeneration
      const former = rounds.get(name)
      if (former?.generation === generation) return former.work
      const work = round(name, entry, props, former?.work).finally(() => {
        if (rounds.get(name) === mine) rounds.delete(name)
      })
      const mine = { generation, work }
      rounds.set(name, mine)
      return work
    },
    async fenceInTurn(name) {
      const props = await sourceProps(name)
      const entry = known(name)
      if (!entry.pendingFencing) return
      await fenceEarlier(name, entry, props)
      await record(name, entry)
    },
  }
}
