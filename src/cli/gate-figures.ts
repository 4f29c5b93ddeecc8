import type { GatewayStats } from '../gateway/index.ts'

/** What gate processes say of themselves, in sum. */
export interface GateFigures {
  told(place: number, state: { readonly ready: boolean; readonly stats: GatewayStats }): void
  /** The process ended; what it had counted stays counted. */
  gone(place: number): void
  areAllReady(): boolean
  isAnyReady(): boolean
  sum(): GatewayStats
}

export function createGateFigures(count: number): GateFigures {
  const states = new Map<number, { readonly ready: boolean; readonly stats: GatewayStats }>()
  let past: GatewayStats = nothing
  return {
    told: (place, state) => void states.set(place, state),
    gone(place) {
      const stats = states.get(place)?.stats
      if (stats) past = add(past, countsOf(stats))
      states.delete(place)
    },
    areAllReady: () => states.size === count && [...states.values()].every(({ ready }) => ready),
    isAnyReady: () => [...states.values()].some(({ ready }) => ready),
    sum: () => [...states.values()].reduce((sum, { stats }) => add(sum, stats), past),
  }
}

const nothing: GatewayStats = {
  sessions: 0,
  subscriptions: 0,
  namespaces: [],
  catchingUp: 0,
  readBacks: 0,
  readBackRecords: 0,
  readBackBytes: 0,
  readBackWaiting: 0,
  delivered: 0,
  closedSlow: 0,
  filterEvaluations: 0,
  filterErrors: 0,
  filterHolds: 0,
  closed: {},
  refused: {},
  handshakes: 0,
  handshakesCut: 0,
  loadLevel: 0,
  loadShed: 0,
  connectors: [],
}

/** What only grows. */
const countsOf = ({
  readBacks,
  readBackRecords,
  readBackBytes,
  delivered,
  closedSlow,
  filterEvaluations,
  filterErrors,
  filterHolds,
  closed,
  refused,
  handshakesCut,
  loadShed,
}: GatewayStats): GatewayStats => ({
  ...nothing,
  filterHolds,
  readBacks,
  readBackRecords,
  readBackBytes,
  delivered,
  closedSlow,
  filterEvaluations,
  filterErrors,
  closed,
  refused,
  handshakesCut,
  loadShed,
})

const add = (a: GatewayStats, b: GatewayStats): GatewayStats => ({
  sessions: a.sessions + b.sessions,
  subscriptions: a.subscriptions + b.subscriptions,
  namespaces: mergeBy(a.namespaces, b.namespaces, 'namespace', (x, y) => ({
    ...x,
    subscriptions: x.subscriptions + y.subscriptions,
  })),
  catchingUp: a.catchingUp + b.catchingUp,
  readBacks: a.readBacks + b.readBacks,
  readBackRecords: a.readBackRecords + b.readBackRecords,
  readBackBytes: a.readBackBytes + b.readBackBytes,
  readBackWaiting: a.readBackWaiting + b.readBackWaiting,
  delivered: a.delivered + b.delivered,
  closedSlow: a.closedSlow + b.closedSlow,
  filterEvaluations: a.filterEvaluations + b.filterEvaluations,
  filterErrors: a.filterErrors + b.filterErrors,
  filterHolds: a.filterHolds + b.filterHolds,
  closed: addEach(a.closed, b.closed),
  refused: addEach(a.refused, b.refused),
  handshakes: a.handshakes + b.handshakes,
  handshakesCut: a.handshakesCut + b.handshakesCut,
  loadLevel: Math.max(a.loadLevel, b.loadLevel),
  loadShed: a.loadShed + b.loadShed,
  connectors: mergeBy(a.connectors, b.connectors, 'connector', (x, y) => ({
    connector: x.connector,
    ready: x.ready && y.ready,
    channels: Math.max(x.channels, y.channels),
    windowBytes: x.windowBytes + y.windowBytes,
    windowMessages: x.windowMessages + y.windowMessages,
    snapshotBytes: x.snapshotBytes + y.snapshotBytes,
    snapshotEntries: x.snapshotEntries + y.snapshotEntries,
  })),
})

function addEach(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const sum: Record<string, number> = { ...a }
  for (const [name, value] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + value
  return sum
}

function mergeBy<T>(a: readonly T[], b: readonly T[], key: keyof T, join: (x: T, y: T) => T): T[] {
  const merged = new Map(a.map((each) => [each[key], each]))
  for (const each of b) {
    const known = merged.get(each[key])
    merged.set(each[key], known ? join(known, each) : each)
  }
  return [...merged.values()]
}
