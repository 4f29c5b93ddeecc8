import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { Server as TlsServer } from 'node:tls'
import type { Clock, Logger } from '#api'
import { ConnectError } from '#api'
import { closeClient, dropSubscription } from './client.ts'
import { type Connections, createConnections } from './connections.ts'
import { createFanOut } from './delivery/fan-out.ts'
import type { Gate } from './gate.ts'
import { createHub, type HubPort } from './hub.ts'
import { drain } from './limits/drain.ts'
import { createLimits } from './limits/limits.ts'
import { type Meter, startMeter } from './limits/meter.ts'
import { createSharedCounts } from './limits/shared-counts.ts'
import { createHttpServer } from './listener/http.ts'
import { createProxies } from './listener/proxies.ts'
import { createTlsReload, readTls } from './listener/tls.ts'
import type { ReadBudget } from './past/read-budget.ts'
import { type GatePeers, noPeers } from './peers.ts'
import { createKeyring } from './positions/keyring.ts'
import { createPresence } from './presence.ts'
import type { CompileFilter } from './selection/judge.ts'
import type { GatewaySettings } from './settings.ts'
import { type GatewayStats, statsOf } from './stats.ts'
import { createSseTransport } from './transports/sse.ts'
import { createWebSocketTransport } from './transports/websocket.ts'
import { createAuth, readAuthParts } from './who/auth.ts'
import { createRevocationIndex } from './who/revocations.ts'
import { type RevokerOptions, startRevoker } from './who/revoke.ts'

export interface GatewayOptions {
  readonly settings: GatewaySettings
  readonly log: Logger
  readonly clock: Clock
  /** What was revoked; absent: nothing ever is. */
  readonly revocations?: RevokerOptions['revocations']
  /** Whether all declared connectors were started; the same as calling `ready()`. */
  readonly started?: () => boolean
  /** Compiles the filters of clients; absent: there are none. */
  readonly compileFilter?: CompileFilter | undefined
  /** That of the worker's links, which read back for gates elsewhere; absent: there are none. */
  readonly readBudget?: ReadBudget
  /** How much there is to do; absent: what this process has. */
  readonly meter?: Meter
  /** The other gates that serve the same channels; absent: there are none. */
  readonly peers?: GatePeers
}

export interface Gateway {
  readonly port: HubPort
  readonly address: { readonly host: string; readonly port: number; readonly url: string }
  /** All declared connectors were started: clients are let in as soon as every attached sink is ready. */
  ready(): void
  /** Whether clients are let in; once true it stays so. */
  isReady(): boolean
  stats(): GatewayStats
  /** Tells the clients, lets publications under way be answered, and closes every socket; bounded and idempotent. */
  stop(): Promise<void>
}

/** How long (ms) publications may still be answered, and then sockets may take to close. */
const [answerMs, closeMs] = [2000, 1000]

/** Listens at once and lets clients in when it is ready. Throws `ConfigError` for keys that do not fit, `ConnectError` when the port is taken. */
export async function startGateway({
  settings,
  log,
  clock,
  started,
  revocations,
  ...given
}: GatewayOptions): Promise<Gateway> {
  const keyring = createKeyring(settings.position.keys)
  const authParts = await readAuthParts(settings.auth, clock, log, settings.tls.reloadMs)
  const tls = await readTls(settings.tls)
  const life = new AbortController()
  const fanOut = createFanOut(() => clock.now())
  const peers = given.peers ?? noPeers
  const counts = createSharedCounts({ limits: settings.limits, peers, now: () => clock.now(), log })
  const connections = createConnections((client, isProducer) => {
    client.closed = true
    if (isProducer) hub.producerDisconnected(client.session)
    for (const subscription of client.subscriptions.values()) dropSubscription(subscription)
  }, counts.users)
  const meter = given.meter ?? startMeter()
  const limits = createLimits({ settings: settings.limits, connections, counts, clock, log, meter })
  const index = createRevocationIndex(revocations?.all() ?? [], () => clock.now())
  const revoker = revocations && startRevoker({ revocations, index, connections, clock, log })
  const auth = createAuth(settings, clock, { ...authParts, revocations: index })
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
    log,
    closeProducer,
    readBudget: given.readBudget,
    compileFilter: given.compileFilter,
  })
  const presence = createPresence({ connections, hub, peers, expensive: limits.expensive, clock, log })
  const gate: Gate = {
    settings,
    hub,
    auth,
    connections,
    presence,
    limits,
    clock,
    log,
    delivered: (messages) => fanOut.countDelivered(messages),
  }
  let isStarted = false
  let isOpen = false
  let isStopping = false
  const isReady = (): boolean => {
    isOpen ||= (isStarted || (started?.() ?? false)) && hub.isReady()
    return isOpen && !isStopping
  }
  const server = createHttpServer({
    gate,
    websocket: createWebSocketTransport(gate, { plain: 0, whole: 2, delta: 3, deflated: 4 }),
    sse: createSseTransport(gate, 1),
    proxies: createProxies(settings.proxy),
    tls: tls?.options,
    isReady,
  })
  const address = await listen(server, settings).catch((error: unknown) => {
    meter.stop()
    revoker?.stop()
    throw error
  })
  const reloadTls =
    tls &&
    createTlsReload(settings.tls, {
      initial: tls,
      log,
      use: (options) => server instanceof TlsServer && server.setSecureContext(options),
    })
  log.info({ url: address.url }, 'gateway listens')

  let ticking: Promise<void> | undefined
  /** Beside the rest of the upkeep: with very many of them it takes a while, and the more the busier the process is. */
  const tickConnections = (): void => {
    ticking ??= tickAll(connections, clock)
      .catch((error: unknown) => log.error({ err: error }, 'upkeep of connections failed'))
      .finally(() => {
        ticking = undefined
      })
  }
  const upkeep = async (): Promise<void> => {
    const { frameTimeoutMs, pingIntervalMs, pingTimeoutMs, connectTimeoutMs } = settings.limits
    const shortest = Math.min(
      frameTimeoutMs,
      settings.tls.reloadMs,
      pingIntervalMs,
      pingTimeoutMs,
      connectTimeoutMs,
      settings.position.intervalMs,
    )
    const every = Math.max(10, Math.min(1000, shortest / 4))
    for (; !life.signal.aborted; await clock.sleep(every, life.signal)) {
      const now = clock.now()
      try {
        hub.tick(now)
        revoker?.tick(now)
        reloadTls?.(now)
        authParts.keyFiles.look(now)
        gate.limits.tick(now)
        tickConnections()
      } catch (error) {
        log.error({ err: error }, 'upkeep failed')
      }
    }
  }
  const upkept = upkeep()

  const stop = async (): Promise<void> => {
    isStopping = true
    const closed = once(server, 'close')
    server.close()
    fanOut.flush()
    const leaving = [...connections.all()]
    await drain({ connections: leaving, mostMs: settings.limits.drainMs, answerMs, clock, random: Math.random })
    // Those that were let in meanwhile had been on their way.
    for (const connection of connections.all()) closeClient(connection.client, 'shutdown')
    life.abort()
    meter.stop()
    presence.close()
    const told = counts.close()
    await until(() => connections.size() === 0, closeMs, clock)
    for (const connection of connections.all()) connection.destroy()
    limits.handshakes.close()
    server.closeAllConnections()
    fanOut.stop()
    revoker?.stop()
    await Promise.all([closed, upkept, ticking, told])
  }
  let stopped: Promise<void> | undefined

  return {
    port: hub.port,
    address,
    ready() {
      isStarted = true
    },
    isReady,
    stats: () => statsOf({ settings, hub, connections, limits, delivered: fanOut.delivered() }),
    stop: () => (stopped ??= stop()),
  }
}

/** How many connections are looked after before others have their turn. */
const atOnce = 200

async function tickAll(connections: Connections, clock: Clock): Promise<void> {
  let left = atOnce
  // As they are now: others come and leave meanwhile.
  const open = [...connections.all()]
  for (const connection of open) {
    connection.tick(clock.now())
    if (--left > 0) continue
    left = atOnce
    await setImmediate()
  }
}

async function listen(
  server: ReturnType<typeof createHttpServer>,
  settings: GatewaySettings,
): Promise<Gateway['address']> {
  const { host, port } = settings
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    throw new ConnectError(`The gateway cannot listen on ${host}:${port}: choose another gateway.port.`, {
      cause: error,
    })
  }
  const bound = server.address() as AddressInfo
  const shown = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  const scheme = settings.tls.certFile === null ? 'http' : 'https'
  return { host: bound.address, port: bound.port, url: `${scheme}://${shown}:${bound.port}` }
}

async function until(test: () => boolean, ms: number, clock: Clock): Promise<void> {
  const end = clock.now() + ms
  while (!test() && clock.now() < end) await clock.sleep(10)
}
