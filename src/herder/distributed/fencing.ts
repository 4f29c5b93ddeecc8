import { BadRequestError, ConflictError, NotFoundError } from '#api'
import { clientProps, connectorPlugin, type WorkerDeps } from '../../runtime/index.ts'
import type { ConfigStore } from '../../storage/index.ts'
import type { Claims } from './claims.ts'
import { tasksOf } from './desired-work.ts'

export interface FencingOptions {
  readonly deps: Pick<WorkerDeps, 'kafka' | 'plugins' | 'resolver' | 'workerProps'>
  readonly store: ConfigStore
  readonly claims: Claims
  readonly groupId: string
  /** `worker.sync.timeout.ms`. */
  readonly syncMs: number
}

/** By which Kafka tells the producers of a task from those of its predecessors (KIP-618). */
export const transactionalIdOf = (groupId: string, connector: string, task: number): string =>
  `${groupId}-${connector}-${task}`

/**
 * Of the leader: ends what the producers of a source's earlier tasks may still write, and records how many the present ones are. Those who
 * ask at the same time share one round.
 */
export function createFencing(options: FencingOptions): (name: string) => Promise<void> {
  const { deps, store, claims, groupId, syncMs } = options
  const rounds = new Map<string, Promise<void>>()

  async function entry(name: string) {
    const found = (await store.refresh(syncMs)).connectors.get(name)
    if (!found) throw new NotFoundError(`Connector ${name} not found`)
    return found
  }

  async function fence(name: string): Promise<void> {
    const present = await entry(name)
    const { fencedCount: former } = present
    const { props } = await deps.resolver.resolve(present.config)
    if (connectorPlugin(props, deps.plugins).kind !== 'source')
      throw new BadRequestError(`Connector ${name} is not a source connector`)
    if (!present.pendingFencing) return
    const count = tasksOf(present).length
    // One task alone fences its predecessor itself when it begins.
    if (former !== undefined && former > 0 && !(former === 1 && count === 1)) {
      const ids = Array.from({ length: former }, (_, task) => transactionalIdOf(groupId, name, task))
      await deps.kafka.fenceProducers(ids, clientProps('admin', props, deps.workerProps))
      if ((await entry(name)).tasksGeneration > present.tasksGeneration)
        throw new ConflictError('Fencing failed because new task configurations were generated for the connector')
    }
    await claims.write(() => store.putTaskCount(name, count))
  }

  return (name) => {
    const round = rounds.get(name) ?? fence(name).finally(() => rounds.delete(name))
    rounds.set(name, round)
    return round
  }
}
