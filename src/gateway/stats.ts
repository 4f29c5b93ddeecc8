import { namespaceOf } from './channels.ts'
import type { Connections } from './connections.ts'
import type { Hub } from './hub.ts'
import type { Limits } from './limits/limits.ts'
import type { GatewaySettings } from './settings.ts'
import type { Stream } from './stream.ts'

/** What a gate has to say of itself, for metrics and for who asks its REST interface. */
export interface GatewayStats {
  readonly sessions: number
  readonly subscriptions: number
  readonly namespaces: readonly { readonly namespace: string; readonly subscriptions: number }[]
  /** Those that catch up at their own speed. */
  readonly catchingUp: number
  /** Readings of topics for clients whose place left the memory, what came of them, and those that wait for one. */
  readonly readBacks: number
  readonly readBackRecords: number
  readonly readBackBytes: number
  readonly readBackWaiting: number
  readonly delivered: number
  readonly closedSlow: number
  /** How often a filter was asked of a message, and how often it could not answer, so that the message did not pass. */
  readonly filterEvaluations: number
  readonly filterErrors: number
  /** How often clients were told that their filters are asked more than they may be. */
  readonly filterHolds: number
  /** Connections closed by the gate, by close code. */
  readonly closed: Readonly<Record<string, number>>
  /** Connections and requests refused for the gate's limits, by code. */
  readonly refused: Readonly<Record<string, number>>
  /** Connections that have not said yet what they want, and those cut because there were too many. */
  readonly handshakes: number
  readonly handshakesCut: number
  /** How far the shedding of load has come (0: there is none), and how often it began. */
  readonly loadLevel: number
  readonly loadShed: number
  readonly connectors: readonly {
    readonly connector: string
    readonly ready: boolean
    readonly channels: number
    readonly windowBytes: number
    readonly windowMessages: number
    readonly snapshotBytes: number
    readonly snapshotEntries: number
  }[]
}

export interface StatsSources {
  readonly settings: GatewaySettings
  readonly hub: Pick<Hub, 'streams' | 'readBack' | 'filterCounts'>
  readonly connections: Pick<Connections, 'size' | 'closed' | 'closedSlow'>
  readonly limits: Limits
  /** Messages so far. */
  readonly delivered: number
}

export function statsOf({ settings, hub, connections, limits, delivered }: StatsSources): GatewayStats {
  const streams = [...hub.streams()]
  return {
    sessions: connections.size(),
    subscriptions: streams.reduce((sum, stream) => sum + stream.subscriptions.size, 0),
    namespaces: subscriptionsByNamespace(streams, settings),
    catchingUp: streams.reduce((sum, stream) => sum + stream.pulls.size, 0),
    readBacks: hub.readBack().begun,
    readBackRecords: hub.readBack().records,
    readBackBytes: hub.readBack().bytes,
    readBackWaiting: streams.reduce((sum, stream) => sum + (stream.readBacks?.waiting() ?? 0), 0),
    delivered,
    closedSlow: connections.closedSlow(),
    filterEvaluations: hub.filterCounts().evaluations,
    filterErrors: hub.filterCounts().errors,
    filterHolds: limits.held.counts()['filter_rate'] ?? 0,
    closed: connections.closed(),
    refused: limits.refused.counts(),
    handshakes: limits.handshakes.pending(),
    handshakesCut: limits.handshakes.cut(),
    loadLevel: limits.load.level(),
    loadShed: limits.load.begun(),
    connectors: streams.map((stream) => ({
      connector: stream.connector,
      ready: stream.isReady(),
      channels: stream.channels.size,
      windowBytes: stream.window.account.bytes,
      windowMessages: stream.window.size(),
      snapshotBytes: stream.snapshot.bytes(),
      snapshotEntries: stream.snapshot.entries(),
    })),
  }
}

function subscriptionsByNamespace(
  streams: readonly Stream[],
  { namespaces }: GatewaySettings,
): GatewayStats['namespaces'] {
  const counts = new Map(Object.keys(namespaces).map((namespace) => [namespace, 0]))
  for (const { subscriptions } of streams)
    for (const { channels } of subscriptions) {
      const namespace = namespaceOf(channels[0]?.name ?? '')
      counts.set(namespace, (counts.get(namespace) ?? 0) + 1)
    }
  return [...counts].map(([namespace, subscriptions]) => ({ namespace, subscriptions }))
}
