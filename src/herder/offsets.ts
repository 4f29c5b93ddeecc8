import {
  type AlteredOffset,
  BadRequestError,
  ConnectError,
  type Props,
  type SinkConnector,
  type SourceConnector,
} from '#api'
import {
  type ConnectorOffsetsDeps,
  clientProps,
  connectorPlugin,
  openConnectorOffsets,
  sinkGroupId,
  type WorkerDeps,
} from '../runtime/index.ts'
import { bounded, type OffsetStore, type StoredOffset } from '../storage/index.ts'
import type { TargetState } from './herder.ts'
import { alterSinkOffsets, parseSinkOffsets, resetSinkOffsets, shownSinkOffset, sinkOffsets } from './sink-offsets.ts'
import { normalizeSourceOffsets } from './source-offsets.ts'

/** What has offsets, as its herder has it at the moment of each call. */
export interface OffsetsOwner {
  readonly name: string
  config(): Readonly<Record<string, string>>
  target(): TargetState
  tasks(): { readonly length: number }
}

/** Looks at and changes what is committed for a connector (KIP-875). Everything in Kafka Connect's words. */
export interface ConnectorOffsets {
  list(connector: OffsetsOwner): Promise<readonly AlteredOffset[]>
  /** Only while it is stopped and without tasks: `BadRequestError`. */
  alter(connector: OffsetsOwner, offsets: readonly AlteredOffset[]): Promise<string>
  reset(connector: OffsetsOwner): Promise<string>
}

/** The offsets of a source that are to be written, and where. */
export interface OffsetsToWrite {
  readonly name: string
  readonly props: Props
  /** The connector's own topic, or the worker's store. */
  readonly store: OffsetStore
  readonly offsets: readonly StoredOffset[]
}

export interface ConnectorOffsetsOptions {
  readonly deps: ConnectorOffsetsDeps & Pick<WorkerDeps, 'plugins' | 'resolver'>
  /** How a source's offsets are written; the store's own way when absent. */
  readonly write?: ((written: OffsetsToWrite) => Promise<void>) | undefined
}

/** Longer than a dead task's transaction is open by default, and less than a REST request may take. */
const readMs = 80_000
/** A group's offsets wait for nothing but Kafka. */
const readGroupMs = 30_000

export function createConnectorOffsets({ deps, write }: ConnectorOffsetsOptions): ConnectorOffsets {
  const { kafka } = deps

  /** The connector's own plugin and configuration also when the connector itself has failed. */
  async function resolved(connector: OffsetsOwner) {
    const { props } = await deps.resolver.resolve(connector.config())
    const plugin = connectorPlugin(props, deps.plugins)
    const group = {
      id: sinkGroupId(connector.name, props, deps.workerProps),
      admin: clientProps('admin', props, deps.workerProps),
    }
    return { plugin, props, group }
  }

  async function list(connector: OffsetsOwner): Promise<readonly AlteredOffset[]> {
    const { plugin, props, group } = await resolved(connector)
    if (plugin.kind === 'source') return withStore(connector.name, props, (store) => stored(connector.name, store))
    const committed = await bounded(readGroupMs, `Reading the offsets of ${connector.name}`, deps.clock, () =>
      sinkOffsets(connector.name, group, kafka),
    )
    return committed.map(shownSinkOffset)
  }

  const stored = (name: string, store: OffsetStore): Promise<readonly StoredOffset[]> =>
    bounded(readMs, `Reading the offsets of ${name}, which waits for open transactions,`, deps.clock, (signal) =>
      store.list(name, signal),
    )

  async function withStore<T>(name: string, props: Props, work: (store: OffsetStore) => Promise<T>): Promise<T> {
    const own = await openConnectorOffsets(name, props, deps)
    try {
      return await work(own ?? deps.offsets)
    } finally {
      await own?.close()
    }
  }

  /** Undefined: all that is there is forgotten. */
  async function modify(connector: OffsetsOwner, offsets: readonly AlteredOffset[] | undefined): Promise<string> {
    const { name } = connector
    checkStopped(connector)
    const { plugin, props, group } = await resolved(connector)
    const ask = async (asked: readonly AlteredOffset[]) => askConnector(plugin, name, props, asked)
    let isDone: boolean
    if (plugin.kind === 'source') {
      isDone = await withStore(name, props, async (store) => {
        const held = await stored(name, store)
        const wanted = offsets ?? held.map(({ partition }) => ({ partition, offset: null }))
        const written = normalizeSourceOffsets(wanted, held)
        const answer = await ask(written)
        await (write ? write({ name, props, store, offsets: written }) : store.put(name, written))
        return answer
      })
    } else if (offsets) {
      const written = parseSinkOffsets(offsets)
      isDone = await ask(written.map(shownSinkOffset))
      await alterSinkOffsets(name, group, written, kafka)
    } else {
      const held = await sinkOffsets(name, group, kafka)
      isDone = await ask(held.map((each) => shownSinkOffset({ ...each, offset: null })))
      await resetSinkOffsets(name, group, kafka)
    }
    return told(offsets ? 'altered' : 'reset', isDone)
  }

  return {
    list,
    async alter(connector, offsets) {
      checkGiven(offsets)
      return modify(connector, offsets)
    },
    reset: (connector) => modify(connector, undefined),
  }
}

/** Throws `BadRequestError` when there is nothing to alter. */
export function checkGiven(offsets: readonly AlteredOffset[]): void {
  if (offsets.length === 0)
    throw new BadRequestError('Partitions / offsets need to be provided for an alter offsets request')
}

/** Throws `BadRequestError` unless offsets may be changed. */
export function checkStopped(connector: OffsetsOwner): void {
  if (connector.target() === 'STOPPED' && connector.tasks().length === 0) return
  throw new BadRequestError(
    `Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified connector by issuing a 'PUT' request to the '/connectors/${connector.name}/stop' endpoint`,
  )
}

/** Whether the connector says that nothing is left to do elsewhere. */
async function askConnector(
  plugin: SourceConnector | SinkConnector,
  name: string,
  props: Props,
  offsets: readonly AlteredOffset[],
): Promise<boolean> {
  if (!plugin.alterOffsets) return false
  try {
    return await plugin.alterOffsets(plugin.config.parse(props), offsets)
  } catch (error) {
    if (ConnectError.is(error)) throw error
    throw new ConnectError(`Failed to modify offsets for ${plugin.kind} connector ${name}`, { cause: error })
  }
}

const told = (verb: 'altered' | 'reset', isDone: boolean): string =>
  isDone
    ? `The offsets for this connector have been ${verb} successfully`
    : `The Connect framework-managed offsets for this connector have been ${verb} successfully. However, if this connector manages offsets externally, they will need to be manually ${verb} in the system that the connector uses.`
