import type { IncomingMessage, RequestListener } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '#api'
import type { Herder } from '../herder/herder.ts'
import { systemClock } from '../util/clock.ts'
import { type Advertised, advertisedUrl } from './advertised-url.ts'
import { createBrowserGuard, isLoopback } from './browser-guard.ts'
import { createRest, type RestOptions, receiveTimeoutMs } from './create-rest.ts'
import { type OpenListener, openListener, type RestListener, type RestTls, urlOf } from './listener.ts'

export interface StartRestOptions extends Omit<RestOptions, 'resources' | 'advertisedUrl' | 'guard'> {
  /** Or what gives it, once the worker has one. */
  readonly herder: Herder | (() => Herder)
  /** One at least; the loopback address unless somebody said otherwise. */
  readonly listeners: readonly RestListener[]
  readonly tls?: RestTls | undefined
  /** Absent: `/admin` is served beside the rest. None: nowhere. Else there alone, to the same users. */
  readonly adminListeners?: readonly RestListener[] | undefined
  readonly adminTls?: RestTls | undefined
  /** How others reach this worker, where that is not how it listens. */
  readonly advertised?: Advertised | undefined
  /** More names by which it may be asked on the loopback address without users; `*`: any. */
  readonly allowedHosts?: readonly string[] | undefined
}

export interface RestServer {
  /** The advertised URL: its host and port are the worker's id. */
  readonly url: string
  /** Of the first listener. */
  readonly port: number
  /** Where it listens: the listeners in their order, then those for `/admin`. */
  readonly urls: readonly string[]
  /** Waits for requests that are being answered, for a few seconds at most. */
  stop(): Promise<void>
}

/** Milliseconds that `stop` gives to requests under way before it cuts their connections. */
const stopDeadlineMs = 5_000

/** Serves the REST API. Rejects when an address cannot be had, and then nothing listens. */
export async function startRest(options: StartRestOptions): Promise<RestServer> {
  const { herder, listeners, tls, adminListeners, adminTls, advertised = {}, clock = systemClock } = options
  const apps: FastifyInstance[] = []
  const open: OpenListener[] = []
  const guarded = new WeakSet<IncomingMessage>()
  const refuseForeign = createBrowserGuard({
    hosts: [...(options.allowedHosts ?? []), ...(advertised.host ? [advertised.host] : [])],
    origins: options.cors?.origins ?? [],
  })
  const guard = (request: IncomingMessage): void => {
    if (guarded.has(request)) refuseForeign(request.headers, request.method)
  }
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => (stopping ??= close(apps, open, clock))

  const serve = async (own: RestOptions, at: readonly RestListener[], withTls: RestTls | undefined) => {
    const app = createRest(herder, own)
    apps.push(app)
    await app.ready()
    for (const listener of at) {
      const handler: RequestListener = (request, response) => {
        // A connection that has served its last request would be kept open for the next.
        response.once('close', () => stopping && open.forEach(({ closeIdle }) => closeIdle()))
        if (!options.users && isLoopback(listener.host)) guarded.add(request)
        app.routing(request, response)
      }
      const server = { tls: withTls, requestTimeout: receiveTimeoutMs, keepAliveTimeout: 72_000 }
      open.push(await openListener(listener, handler, server))
    }
  }
  // Their ports may be any free ones, so `Location` asks for the URL when it is known.
  const url = (): string => advertisedUrl(open.slice(0, listeners.length), advertised)
  const main = { ...options, advertisedUrl: url, guard }
  try {
    await serve({ ...main, resources: adminListeners ? 'main' : 'all' }, listeners, tls)
    // As in Kafka Connect, what is for browsers is for the main listeners alone.
    if (adminListeners && adminListeners.length > 0)
      await serve(
        { ...main, resources: 'admin', cors: undefined, responseHeaders: undefined },
        adminListeners,
        adminTls,
      )
  } catch (error) {
    await stop()
    throw error
  }
  return { url: url(), port: open[0]?.port ?? 0, urls: open.map(urlOf), stop }
}

async function close(apps: readonly FastifyInstance[], open: readonly OpenListener[], clock: Clock): Promise<void> {
  const closed = new AbortController()
  void clock.sleep(stopDeadlineMs, closed.signal).then(() => open.forEach(({ closeAll }) => closeAll()))
  const servers = open.map(
    ({ server }) =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
      }),
  )
  open.forEach(({ closeIdle }) => closeIdle())
  await Promise.all(servers)
  await Promise.all(apps.map((app) => app.close())).finally(() => closed.abort())
}
