import type { Clock, Logger, Props } from '#api'
import { type ListenerTls, openUsers, type RestSettings } from '../config/index.ts'
import type { Herder } from '../herder/index.ts'
import type { MetricsText } from '../rest/index.ts'
import { type RestServer, type RestTls, startRest } from '../rest/index.ts'
import { tlsFromProps } from '../security/index.ts'

export interface ServeRestOptions {
  readonly herder: Herder
  readonly settings: RestSettings
  /** The worker's properties: keys and certificates stand in them. */
  readonly props: Props
  readonly metrics: MetricsText
  readonly ready: () => boolean
  readonly log: Logger
  readonly clock: Clock
}

/** Serves REST as the worker's properties say. Rejects with `ConfigError` for keys or users that cannot be read. */
export async function serveRest(options: ServeRestOptions): Promise<RestServer> {
  const { herder, props, metrics, ready, clock } = options
  const { listeners, adminListeners, advertised, users, cors, responseHeaders, tls, adminTls } = options.settings
  const log = options.log.child({ logger: 'tidegate.rest' })
  const read = async (each: ListenerTls): Promise<RestTls> => {
    const { checkServerIdentity: _, ...material } = await tlsFromProps(props, {
      prefix: each.prefix,
      warn: (message) => log.warn({}, message),
    })
    return { ...material, clientAuth: each.clientAuth }
  }
  return startRest({
    herder,
    listeners,
    ...(adminListeners && { adminListeners }),
    ...(tls && { tls: await read(tls) }),
    ...(adminTls && { adminTls: await read(adminTls) }),
    ...(users && { users: await openUsers(users, log) }),
    advertised,
    cors,
    responseHeaders,
    metrics,
    ready,
    clock,
    log,
  })
}
