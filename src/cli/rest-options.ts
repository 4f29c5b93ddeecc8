import { ConfigError, type Logger, type Props } from '#api'
import { type ListenerTls, openUsers, type RestSettings } from '../config/index.ts'
import type { RestTls, startRest } from '../rest/index.ts'
import { tlsFromProps } from '../security/index.ts'
import type { PeerTls } from '../util/peer-client.ts'

type Options = Parameters<typeof startRest>[0]

/** What REST is started with: the settings, with certificates and users read. Throws `ConfigError` for a file that cannot be used. */
export async function restOptions(
  settings: RestSettings,
  props: Props,
  log: Logger,
): Promise<
  Pick<
    Options,
    | 'listeners'
    | 'adminListeners'
    | 'advertised'
    | 'tls'
    | 'adminTls'
    | 'users'
    | 'allowedHosts'
    | 'cors'
    | 'responseHeaders'
  >
> {
  const { listeners, adminListeners, advertised, allowedHosts, cors, responseHeaders } = settings
  return {
    listeners,
    adminListeners,
    advertised,
    allowedHosts,
    cors,
    responseHeaders,
    tls: settings.tls && (await readTls(settings.tls, props, log)),
    adminTls: settings.adminTls && (await readTls(settings.adminTls, props, log)),
    users: settings.users && (await openUsers(settings.users, log)),
  }
}

async function readTls({ prefix, clientAuth }: ListenerTls, props: Props, log: Logger): Promise<RestTls> {
  // `ssl.client.auth` and the host name check are for the other side of a connection.
  const { checkServerIdentity: _, ...material } = await tlsFromProps(props, {
    prefix,
    warn: (text) => log.warn({}, text),
  })
  if (material.cert !== undefined) return { ...material, clientAuth }
  throw new ConfigError(
    `listeners: https needs a certificate: set ${prefix}ssl.keystore.location, or ${prefix}ssl.keystore.certificate.chain and ${prefix}ssl.keystore.key.`,
  )
}

/** How this worker reaches others by https: as Kafka Connect's, with what its own https listeners have. */
export const peerTls = (props: Props, log: Logger): Promise<PeerTls> =>
  tlsFromProps(props, { prefix: httpsPrefix(props), warn: (text) => log.warn({}, text) })

const httpsPrefix = (props: Props): string =>
  Object.keys(props).some((name) => name.startsWith('listeners.https.')) ? 'listeners.https.' : ''
