import { type AlteredOffset, ConnectError, NotFoundError } from '#api'
import { clientProps, connectorPlugin, type WorkerDeps } from '../../runtime/index.ts'
import type {
  ConfigStore,
  ConnectorOffsetStore,
  OffsetStore,
  StatusStore,
  TopicOffsetStore,
} from '../../storage/index.ts'
import { checkStopped, createConnectorOffsets, type OffsetsOwner, type OffsetsToWrite } from '../offsets.ts'
import { tasksOf } from './desired-work.ts'
import { transactionalIdOf } from './fencing.ts'

export interface ClusterOffsetsOptions {
  readonly deps: WorkerDeps
  readonly store: ConfigStore
  readonly statuses: Pick<StatusStore, 'tasks'>
  /** Changes come in the connector's turn. */
  readonly fenceInTurn: (name: string) => Promise<void>
  readonly groupId: string
  /** `worker.sync.timeout.ms`. */
  readonly syncMs: number
}

/** The offsets of connectors whose tasks run anywhere in the cluster. Changes are the leader's. */
export interface ClusterOffsets {
  list(name: string): Promise<readonly AlteredOffset[]>
  alter(name: string, offsets: readonly AlteredOffset[]): Promise<string>
  reset(name: string): Promise<string>
}

/** How often (ms) it is looked whether tasks have ended. */
const lookMs = 50

export function createClusterOffsets(options: ClusterOffsetsOptions): ClusterOffsets {
  const { deps, store, statuses, fenceInTurn, groupId, syncMs } = options
  const { clock } = deps
  const offsets = createConnectorOffsets({ deps, write })

  const owner = (name: string): OffsetsOwner => {
    const entry = () => {
      const found = store.state().connectors.get(name)
      if (!found) throw new NotFoundError(`Connector ${name} not found`)
      return found
    }
    entry()
    return { name, config: () => entry().config, target: () => entry().target, tasks: () => tasksOf(entry()) }
  }

  /** In the transaction of the connector's first task, so that what an earlier task still holds open ends before. */
  async function write({ name, props, store: into, offsets: written }: OffsetsToWrite): Promise<void> {
    if (!deps.exactlyOnce || !isInTopic(into)) return into.put(name, written)
    if (written.length === 0) return
    const given = clientProps('producer', props, deps.workerProps)
    const producer = await deps.kafka.transactionalProducer({
      clientId: `connector-offsets-${name}`,
      transactionalId: transactionalIdOf(groupId, name, 0),
      props: Object.fromEntries(Object.entries(given).filter(([key]) => !overruled.has(key))),
    })
    try {
      await producer.open()
      // What is forgotten must not be found in the worker's store once it is gone from the connector's own.
      const forgotten = written.filter(({ offset }) => offset === null)
      if (isOwn(into)) await deps.offsets.put(name, forgotten)
      const transaction = await producer.begin()
      await transaction.send(into.records(name, written))
      await transaction.commit()
      if (isOwn(into)) await into.copy(name, written)
    } finally {
      await producer.close()
    }
  }

  /** Tasks that were told to end may still commit: they have as long as a task has, and are left behind then. */
  async function ended(name: string): Promise<void> {
    const until = clock.now() + deps.settings['task.shutdown.graceful.timeout.ms']
    const isRunning = () =>
      [...statuses.tasks(name).values()].some(({ state }) => ['RUNNING', 'PAUSED', 'RESTARTING'].includes(state))
    while (isRunning() && clock.now() < until) await clock.sleep(lookMs)
  }

  async function ready(name: string): Promise<OffsetsOwner> {
    try {
      await store.refresh(syncMs)
    } catch (cause) {
      throw new ConnectError('Failed to read to end of config topic before modifying connector offsets', { cause })
    }
    const found = owner(name)
    checkStopped(found)
    await ended(name)
    if (!deps.exactlyOnce || !(await isSource(found))) return found
    try {
      await fenceInTurn(name)
    } catch (cause) {
      const what = 'Failed to perform zombie fencing for source connector prior to modifying offsets'
      throw new ConnectError(what, { cause })
    }
    return found
  }

  async function isSource(found: OffsetsOwner): Promise<boolean> {
    const { props } = await deps.resolver.resolve(found.config())
    return connectorPlugin(props, deps.plugins).kind === 'source'
  }

  return {
    list: async (name) => offsets.list(owner(name)),
    alter: async (name, given) => offsets.alter(await ready(name), given),
    reset: async (name) => offsets.reset(await ready(name)),
  }
}

const isInTopic = (store: OffsetStore): store is TopicOffsetStore => 'records' in store

/** In a topic of the connector's own, over the worker's. */
const isOwn = (store: OffsetStore): store is ConnectorOffsetStore => 'copy' in store

/** The framework says these. */
const overruled: ReadonlySet<string> = new Set(['transactional.id', 'enable.idempotence'])
