import { type Clock, type Logger, type Publication, type SinkAttachment, type SinkFeed, toJson } from '#api'
import { toNamespaces } from '../../../src/config/namespaces.ts'
import { closeClient, dropSubscription } from '../../../src/gateway/client.ts'
import { type CloseName } from '../../../src/gateway/codes.ts'
import { createConnections } from '../../../src/gateway/connections.ts'
import { createFanOut, type FanOut } from '../../../src/gateway/delivery/fan-out.ts'
import { pump } from '../../../src/gateway/delivery/pump.ts'
import { createTextForm } from '../../../src/gateway/forms/text-form.ts'
import type { Gate } from '../../../src/gateway/gate.ts'
import { createHub, type Hub } from '../../../src/gateway/hub.ts'
import { createLimits } from '../../../src/gateway/limits/limits.ts'
import { createSharedCounts } from '../../../src/gateway/limits/shared-counts.ts'
import type { ReadBudget } from '../../../src/gateway/past/read-budget.ts'
import { type GatePeers, noPeers } from '../../../src/gateway/peers.ts'
import { createKeyring } from '../../../src/gateway/positions/keyring.ts'
import { createPresence } from '../../../src/gateway/presence.ts'
import { openSession, type Session } from '../../../src/gateway/session.ts'
import type { GatewaySettings, LimitSettings } from '../../../src/gateway/settings.ts'
import { type Auth, createAuth } from '../../../src/gateway/who/auth.ts'
import { compileFilter } from '../../../src/transforms/index.ts'
import { fakeMeter, type Meters } from '../../support/fake-meter.ts'
import { noLimits } from '../../support/no-limits.ts'
import { noTls, plainAuth } from '../../support/plain-edge.ts'

export const key = Buffer.alloc(32, 7).toString('base64')
export const secret = 'a secret of at least thirty-two bytes'

export const silent: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silent,
}

export interface ManualClock extends Clock {
  advance(ms: number): void
}

export function manualClock(start = 1_700_000_000_000): ManualClock {
  let now = start
  return {
    now: () => now,
    sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve())),
    advance(ms) {
      now += ms
    },
  }
}

export type SettingsChange = Partial<
  Omit<GatewaySettings, 'limits' | 'position' | 'resume' | 'auth' | 'tls' | 'proxy'>
> & {
  readonly limits?: Partial<LimitSettings>
  readonly position?: Partial<GatewaySettings['position']>
  readonly resume?: Partial<GatewaySettings['resume']>
  readonly auth?: Partial<GatewaySettings['auth']>
  readonly tls?: Partial<GatewaySettings['tls']>
  readonly proxy?: Partial<GatewaySettings['proxy']>
}

export function makeSettings({
  limits,
  position,
  resume,
  auth,
  tls,
  proxy,
  ...rest
}: SettingsChange = {}): GatewaySettings {
  return {
    host: '127.0.0.1',
    port: 0,
    origins: [],
    static: null,
    compression: 'none',
    namespaces: toNamespaces({
      bus: { subscribe: 'anonymous', publish: 'none' },
      buses: { subscribe: 'anonymous', publish: 'none' },
      secret: { subscribe: 'token', publish: 'token' },
      report: { subscribe: 'anonymous', publish: 'anonymous', 'expose.coordinates': true },
      chat: { subscribe: 'anonymous', publish: 'anonymous' },
      closed: { subscribe: 'none', publish: 'none' },
    }),
    ...rest,
    auth: { ...plainAuth, secret, ...auth },
    revocations: { max: 1000 },
    tls: { ...noTls, ...tls },
    proxy: { trusted: [], protocol: 'none', ...proxy },
    position: { keys: [key], maxAgeMs: 86_400_000, intervalMs: 30_000, epochMs: 60_000, ...position },
    resume: { readers: 2, readBytesPerS: 0, historyItems: 1000, ...resume },
    limits: {
      frameBytes: 65_536,
      messageBytes: 1024 * 1024,
      sessions: 0,
      subscriptionsPerSession: 100,
      sendBufferBytes: 1024 * 1024,
      // These clients answer pings only when a test says so.
      inFlightBytes: 0,
      conflatedMessages: 10_000,
      conflatedBytes: 8_388_608,
      connectTimeoutMs: 10_000,
      pingIntervalMs: 25_000,
      pingTimeoutMs: 10_000,
      publishWindow: 64,
      channelLength: 255,
      ...noLimits,
      ...limits,
    },
  }
}

export function makeAttachment(change: Partial<SinkAttachment> = {}): SinkAttachment {
  return {
    connector: 'buses',
    templates: ['bus:#{value.id}'],
    rule: 'rule-1',
    identity: { clusterId: async () => 'cluster-1', timestampAt: async () => 'gone' },
    snapshot: { expireMs: 0, maxBytes: 1 << 24, maxEntries: 100_000 },
    window: { maxBytes: 1 << 26, maxAgeMs: 3_600_000 },
    ...change,
  }
}

/** Publishes one record of topic `t` after the other. */
export interface Feeder {
  readonly feed: SinkFeed
  /** The data of the record's parts, each for a channel; one part without a path when there is one. */
  record(parts: readonly { channel: string; data: unknown; key?: string }[], partition?: number): void
}

export function feeder(feed: SinkFeed, partitions = 1): Feeder {
  const next: bigint[] = Array.from({ length: partitions }, () => 0n)
  feed.open(next.map((offset, partition) => ({ topic: 't', partition, offset })))
  return {
    feed,
    record(parts, partition = 0) {
      const offset = next[partition] ?? 0n
      next[partition] = offset + 1n
      const timestamp = 1_700_000_000_000 + Number(offset)
      const origin = { topic: 't', partition, offset, timestamp }
      const publications: Publication[] = parts.map(({ channel, data, key: about }, index) => ({
        channel,
        key: about,
        data: data === undefined ? undefined : toJson(data),
        origin,
        path: parts.length === 1 ? [] : [index],
      }))
      feed.publish(publications, [{ topic: 't', partition, offset: offset + 1n, timestamp }])
    },
  }
}

export type Frame = Record<string, unknown> & { readonly type: string }

/** A client without a socket: frames are lines, and how much waits is set by hand. */
export interface FakeClient {
  readonly session: Session
  readonly frames: Frame[]
  /** The name of the close code. */
  closed(): CloseName | undefined
  waiting: number
  /** Its connection fails at the next write. */
  breaks: boolean
  /** Bytes that the gate has read from it. */
  received: number
  isPaused(): boolean
  send(frame: object): void
  drain(): void
  disconnect(): void
  of(type: string): Frame[]
}

export interface FakeGate {
  readonly hub: Hub
  readonly gate: Gate
  readonly fanOut: FanOut
  /** What the gate is told of how much there is to do. */
  readonly load: Meters
  connect(token?: string): FakeClient
}

const frame = (text: string): Buffer => Buffer.from(`${text}\n`)

/** A gate without sockets. */
export function fakeGate(
  clock: Clock,
  change: SettingsChange = {},
  peers: GatePeers = noPeers,
  readBudget?: ReadBudget,
): FakeGate {
  const settings = makeSettings(change)
  const fanOut = createFanOut(() => clock.now())
  const counts = createSharedCounts({ limits: settings.limits, peers, now: () => clock.now(), log: silent })
  const connections = createConnections((client) => {
    client.closed = true
    for (const subscription of client.subscriptions.values()) dropSubscription(subscription)
  }, counts.users)
  const load: Meters = { eventLoopDelayMs: 0, memoryBytes: 0, heapShare: 0 }
  const limits = createLimits({
    settings: settings.limits,
    connections,
    counts,
    clock,
    log: silent,
    meter: fakeMeter(load),
    random: () => 0.5,
  })
  const real = createAuth(settings, clock)
  const auth: Auth = {
    admit: (identity) => real.admit(identity),
    allows: (identity, action, channel) => real.allows(identity, action, channel),
    verify(token) {
      const verified = real.verify(token)
      verifying.add(verified)
      return verified.finally(() => verifying.delete(verified))
    },
  }
  const keyring = createKeyring(settings.position.keys)
  const closeProducer = (session: string): void => {
    const connection = connections.producerSession(session)
    if (connection) closeClient(connection.client, 'producer_taken_over')
  }
  const hub = createHub({
    settings,
    auth,
    keyring,
    fanOut,
    expensive: limits.expensive,
    clients: () => [...connections.all()].map(({ client }) => client),
    clock,
    log: silent,
    closeProducer,
    readBudget,
    compileFilter,
  })
  const presence = createPresence({ connections, hub, peers, expensive: limits.expensive, clock, log: silent })
  const gate: Gate = {
    settings,
    hub,
    auth,
    connections,
    presence,
    limits,
    clock,
    log: silent,
    delivered: () => undefined,
  }
  const form = createTextForm({ frame, indexes: { plain: 0, whole: 1, delta: 2 } })
  return {
    hub,
    gate,
    fanOut,
    load,
    connect(token) {
      const frames: Frame[] = []
      let closed: CloseName | undefined
      let paused = false
      let [ended, endedAt] = [0, 0]
      const keep = (bytes: Buffer): void => {
        if (client.breaks) throw new Error('the connection is broken')
        for (const line of bytes.toString().split('\n')) if (line) frames.push(JSON.parse(line) as Frame)
      }
      const client: FakeClient = {
        frames,
        waiting: 0,
        breaks: false,
        received: 0,
        closed: () => closed,
        isPaused: () => paused,
        send(sent) {
          const text = JSON.stringify(sent)
          client.received += text.length
          ended++
          endedAt = client.received
          client.session.receive(text)
        },
        drain() {
          client.waiting = 0
          for (const subscription of client.session.client.subscriptions.values()) pump(subscription, clock.now())
        },
        disconnect: () => connections.remove(client.session),
        of: (type) => frames.filter((received) => received.type === type),
        get session() {
          return session
        },
      }
      const session = openSession(gate, {
        form,
        frame,
        token,
        link: {
          buffered: () => client.waiting,
          write: keep,
          reply: keep,
          close(name) {
            closed = name
            connections.remove(session)
          },
          pause() {
            paused = true
          },
          resume() {
            paused = false
          },
          received: () => client.received,
          sent: () => 0,
          unended: () => (client.received === endedAt ? undefined : ended),
          destroy() {},
        },
      })
      connections.add(session)
      return client
    },
  }
}

/** Tokens are checked on other threads. */
const verifying = new Set<Promise<unknown>>()

/** Lets promises and sweeps run. */
export const settle = async (): Promise<void> => {
  for (let quiet = 0; quiet < 3; quiet++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (verifying.size === 0) continue
    await Promise.all(verifying)
    quiet = 0
  }
}
