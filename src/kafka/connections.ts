import type { KafkaConfig, Kafka as KafkaType, SASLOptions } from 'kafkajs'
import type { Clock, Logger } from '#api'
import { tlsFromProps } from '../security/index.ts'
import { createTokenProvider } from './bearer-token.ts'
import type { ClientRole } from './client-props.ts'
import { installCodecs } from './codecs.ts'
import { Kafka, logLevel } from './kafkajs.ts'
import { bridgeLog } from './log-bridge.ts'
import type { ClientProps } from './ports.ts'
import { type ClientSettings, readClientProps } from './read-props.ts'
import { explainRefusal } from './refusals.ts'
import type { Sasl } from './sasl.ts'
import { openSocket } from './socket.ts'

export interface ConnectionsOptions {
  readonly bootstrapServers: readonly string[]
  readonly props: ClientProps
  readonly log: Logger
  readonly clock: Clock
}

/** How to reach a cluster as one client; understood once, used for each connection. */
export interface Connection {
  readonly settings: ClientSettings
  /** The same for clients that differ in nothing about connecting. */
  readonly key: string
  /** Reads the key stores anew, so that a certificate that was replaced is used. Rejects with a `ConfigError`. */
  kafka(clientId: string): Promise<KafkaType>
  /** What TLS or SASL refused, in words; anything else as it is. */
  explain(error: unknown): unknown
}

/** Understands a client's properties over the worker's; throws a `ConfigError` with all that is wrong, and warns once of what is not obeyed. */
export type Connect = (role: ClientRole, props?: ClientProps) => Connection

/** The most warnings that are remembered in order not to be repeated. */
const toldLimit = 1000

export function createConnections({ bootstrapServers, props, log, clock }: ConnectionsOptions): Connect {
  const shared = Object.fromEntries(Object.entries(props).filter(([name]) => isAboutConnecting(name)))
  const told = new Set<string>()
  installCodecs()

  function warn(clientProperty: string): void {
    if (told.has(clientProperty) || told.size >= toldLimit) return
    told.add(clientProperty)
    log.warn({ reason: clientProperty }, 'a Kafka client property is not obeyed')
  }

  return (role, own = {}) => {
    const merged = { ...shared, ...own }
    const settings = readClientProps(role, merged)
    const servers = settings.connection['bootstrap.servers'] ?? bootstrapServers
    for (const { name, text } of settings.warnings) if (!(name in shared && role !== 'admin')) warn(text)
    const sasl = settings.sasl && toSaslOptions(settings.sasl, clock, warn)
    return {
      settings,
      key: keyOf(servers, merged),
      async kafka(clientId) {
        const { connection, tls } = settings
        const config: KafkaConfig = {
          brokers: servers.map(withoutScheme),
          clientId: connection['client.id'] || clientId,
          connectionTimeout: connection['socket.connection.setup.timeout.ms'],
          requestTimeout: connection['request.timeout.ms'],
          logLevel: logLevel.INFO,
          logCreator: bridgeLog(log),
          socketFactory: openSocket,
          retry: {
            retries: 3,
            initialRetryTime: connection['retry.backoff.ms'],
            maxRetryTime: connection['retry.backoff.max.ms'],
          },
          ...(tls && { ssl: await tlsFromProps(tls, { warn }) }),
          ...(sasl && { sasl }),
        }
        return new Kafka(config)
      },
      explain: (error) => explainRefusal(error, { servers, sasl: settings.sasl }) ?? error,
    }
  }
}

const aboutConnecting =
  /^(?:client\.dns\.lookup|connections\.|metadata\.(?:max\.age|recovery)|receive\.|reconnect\.|request\.timeout|retry\.|sasl\.|security\.|send\.|socket\.|ssl\.(?!client\.auth))/

const isAboutConnecting = (name: string): boolean => aboutConnecting.test(name)

const keyOf = (servers: readonly string[], props: ClientProps): string =>
  JSON.stringify([
    servers,
    ...Object.keys(props)
      .filter(isAboutConnecting)
      .toSorted()
      .map((name) => [name, props[name]]),
  ])

/** Java takes `PLAINTEXT://host:port` too. */
const withoutScheme = (server: string): string => server.replace(/^\w*:\/\//, '')

function toSaslOptions(sasl: Sasl, clock: Clock, warn: (message: string) => void): SASLOptions {
  switch (sasl.mechanism) {
    case 'PLAIN':
      return { mechanism: 'plain', username: sasl.user, password: sasl.password }
    case 'SCRAM-SHA-256':
      return { mechanism: 'scram-sha-256', username: sasl.user, password: sasl.password }
    case 'SCRAM-SHA-512':
      return { mechanism: 'scram-sha-512', username: sasl.user, password: sasl.password }
    case 'OAUTHBEARER':
      return { mechanism: 'oauthbearer', oauthBearerProvider: createTokenProvider(sasl.token, clock, warn) }
  }
}
