import type { Clock } from '#api'
import { ConnectError } from '#api'
import { within } from '../util/within.ts'
import { type Broker, type Cluster, cutOff, type ProtocolCall } from './internals.ts'

/** The connections of one member to the broker that coordinates its group. */
export interface Coordinator {
  /** Finds the coordinator when it is not known, and asks it. */
  ask<T>(call: ProtocolCall<T>): Promise<T>
  /** Over a connection beside the one where an answer may be held back for long. */
  askAside<T>(call: ProtocolCall<T>): Promise<T>
  /** Ends all connections; the next question finds the coordinator anew. */
  forget(): void
  /** For good. Whoever waits for an answer is rejected. */
  close(): Promise<void>
}

/** `newCluster` gives one that tries nothing again by itself: whoever asks does. */
export function connectCoordinator(groupId: string, newCluster: () => Promise<Cluster>, clock: Clock): Coordinator {
  let finding: Promise<Broker> | undefined
  let closed = false
  const open = new Set<Cluster>()
  const endings = new Set<Promise<void>>()

  function find(): Promise<Broker> {
    if (closed) return Promise.reject(gone())
    if (finding) return finding
    const found = connect()
    finding = found
    // Whoever asked is told; the next one who asks tries again.
    void found.catch(() => {
      if (finding === found) finding = undefined
    })
    return found
  }

  async function connect(): Promise<Broker> {
    const cluster = await newCluster()
    if (closed) throw gone()
    open.add(cluster)
    try {
      await cluster.connect()
      await cluster.refreshMetadata()
      const [nodeId] = cluster.getNodeIds()
      if (nodeId === undefined)
        throw new ConnectError(`Kafka named no broker that could say who coordinates ${groupId}.`)
      const any = await cluster.findBroker({ nodeId })
      const { coordinator } = await any.findGroupCoordinator({ groupId, coordinatorType: 0 })
      const broker = await cluster.findBroker({ nodeId: coordinator.nodeId })
      if (!open.has(cluster)) throw gone()
      return broker
    } catch (error) {
      end(cluster)
      throw error
    }
  }

  function end(cluster: Cluster): void {
    open.delete(cluster)
    cutOff(cluster, gone())
    const ending = cluster.disconnect().catch(() => undefined)
    endings.add(ending)
    void ending.finally(() => endings.delete(ending))
  }

  function forget(): void {
    finding = undefined
    for (const cluster of open) end(cluster)
  }

  const gone = () => new ConnectError(`The connection to the coordinator of group ${groupId} was ended.`)

  return {
    ask: async (call) => (await find()).connectionPool.send(call),
    askAside: async (call) => (await (await find()).connectionPool.getConnection(1)).send(call),
    forget,
    async close() {
      closed = true
      const underWay = finding?.then(
        () => undefined,
        () => undefined,
      )
      forget()
      // What connects at this moment opens its socket only afterwards.
      for (const late of [underWay, ...endings]) if (late) await within(closeMs, late, clock)
      forget()
    },
  }
}

const closeMs = 1000
