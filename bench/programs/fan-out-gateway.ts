import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Publication, SinkFeed } from '#api'
import { toNamespaces } from '../../src/config/namespaces.ts'
import { startGateway } from '../../src/gateway/index.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { systemClock } from '../../src/util/clock.ts'
import { channel, createMessages } from '../messages.ts'
import { serveCommands } from '../program.ts'

// The worker's own gateway, with a sink attached to it as a task would.
const topic = 'bench'
const next = createMessages(1)
let feed: SinkFeed
let offset = 0n

serveCommands({ listen, publish })

async function listen(): Promise<number> {
  const gateway = await startGateway({
    settings: {
      host: '127.0.0.1',
      port: 0,
      origins: [],
      static: null,
      compression: 'none',
      namespaces: toNamespaces({ [channel]: { subscribe: 'anonymous', publish: 'none' } }),
      auth: {
        secret: null,
        publicKeys: [],
        jwksUrl: null,
        jwksRefreshS: 600,
        jwksCooldownS: 30,
        jwksTimeoutMs: 5000,
        jwksMaxAgeS: 86_400,
        algorithms: [],
        requireExp: false,
        maxTokenAgeS: 0,
        issuer: null,
        audience: null,
        clockSkewS: 30,
      },
      revocations: { max: 1000 },
      tls: {
        certFile: null,
        keyFile: null,
        keyPassword: null,
        caFile: null,
        clientAuth: 'none',
        minVersion: 'TLSv1.2',
        reloadMs: 10_000,
        identity: 'none',
        claims: {},
      },
      proxy: { trusted: [], protocol: 'none' },
      resume: { readers: 2, readBytesPerS: 0, historyItems: 1000 },
      position: {
        keys: [randomBytes(32).toString('base64')],
        maxAgeMs: 604_800_000,
        intervalMs: 30_000,
        epochMs: 60_000,
      },
      limits: {
        frameBytes: 65_536,
        messageBytes: 1_048_576,
        sessions: 0,
        subscriptionsPerSession: 100,
        sendBufferBytes: 1_048_576,
        inFlightBytes: 262_144,
        conflatedMessages: 10_000,
        conflatedBytes: 8_388_608,
        connectTimeoutMs: 10_000,
        // Pings are sent for what is under way only.
        pingIntervalMs: 600_000,
        pingTimeoutMs: 10_000,
        publishWindow: 64,
        channelLength: 255,
        connectionsPerS: 0,
        connectionBurst: 1,
        resumesPerS: 0,
        resumeBurst: 1,
        sessionsPerAddress: 0,
        addressPrefix6: 64,
        sessionsPerUser: 0,
        pendingHandshakes: 1024,
        handshakeTimeoutMs: 10_000,
        idleTimeoutMs: 0,
        frameTimeoutMs: 20_000,
        messagesPerS: 0,
        bytesPerS: 0,
        overRateMs: 0,
        requestsPerS: 0,
        evaluationsPerS: 0,
        snapshotBytesPerS: 0,
        eventLoopDelayMs: 0,
        memoryBytes: 0,
        drainMs: 10_000,
      },
    },
    log: createLogger('warn'),
    clock: systemClock,
    started: () => true,
  })
  feed = gateway.port.attachSink({
    connector: 'bench',
    templates: [channel],
    rule: 'bench',
    identity: { clusterId: async () => 'bench', timestampAt: async () => 'beyond' },
    snapshot: { expireMs: 0, maxBytes: 67_108_864, maxEntries: 100_000 },
    window: { maxBytes: 16_777_216, maxAgeMs: 300_000 },
  })
  feed.open([{ topic, partition: 0, offset }])
  feed.ready()
  while (!gateway.isReady()) await nextTurn()
  return gateway.address.port
}

/** Each burst is one batch of records, and has a turn of the event loop. */
async function publish({ messages, burst }: { readonly messages: number; readonly burst: number }): Promise<void> {
  for (let left = messages; left > 0; left -= burst) {
    const timestamp = Date.now()
    const publications = Array.from({ length: burst }, (): Publication => {
      const { key, data } = next()
      return { channel, key, data, origin: { topic, partition: 0, offset: offset++, timestamp }, path: [] }
    })
    feed.publish(publications, [{ topic, partition: 0, offset, timestamp }])
    await nextTurn()
  }
}
