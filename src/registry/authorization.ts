import type { Agent } from 'node:http'
import { type Clock, ConfigError } from '#api'
import type { RegistryConfig } from './config.ts'
import { createTokenSource } from './oauth.ts'

/** The headers by which a request to one URL shows who asks. */
export interface Authorization {
  headers(url: URL, signal: AbortSignal): Promise<Readonly<Record<string, string>>>
  /** The registry refused them; whether fresh ones may be tried. */
  refused(): boolean
}

export interface AuthorizationOptions {
  readonly config: RegistryConfig
  readonly clock: Clock
  /** Makes the connections to the issuer of tokens. */
  readonly agentFor: (url: URL) => Promise<Agent>
}

export function createAuthorization({ config, clock, agentFor }: AuthorizationOptions): Authorization {
  if (config['bearer.auth.credentials.source'] === 'OAUTHBEARER') {
    const tokens = createTokenSource({ config, clock, agentFor })
    return {
      headers: async (_url, signal) => bearer(await tokens.get(signal), config),
      refused: () => tokens.forget(),
    }
  }
  const token = config['bearer.auth.token']
  return {
    headers: async (url) => (token ? bearer(token.reveal(), config) : basic(credentialsFor(url, config))),
    refused: () => false,
  }
}

function bearer(token: string, config: RegistryConfig): Readonly<Record<string, string>> {
  const cluster = config['bearer.auth.logical.cluster']
  const pool = config['bearer.auth.identity.pool.id']
  return {
    Authorization: `Bearer ${token}`,
    ...(cluster !== null && { 'target-sr-cluster': cluster }),
    ...(pool !== null && { 'Confluent-Identity-Pool-Id': pool }),
  }
}

const basic = (credentials: string | undefined): Readonly<Record<string, string>> =>
  credentials === undefined ? {} : { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }

/** `user:password` for one URL, if any is configured. */
function credentialsFor(url: URL, config: RegistryConfig): string | undefined {
  switch (config['basic.auth.credentials.source']) {
    case 'URL':
      return url.username === '' ? undefined : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    case 'USER_INFO':
      return (config['basic.auth.user.info'] ?? config['schema.registry.basic.auth.user.info'])?.reveal() ?? ':'
    case 'SASL_INHERIT':
      return inherited(config['sasl.jaas.config']?.reveal() ?? '')
  }
}

function inherited(jaas: string): string {
  const [user, password] = ['username', 'password'].map((name) =>
    new RegExp(`\\b${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`).exec(jaas)?.slice(1, 3),
  )
  if (!user || !password) {
    throw new ConfigError(
      'basic.auth.credentials.source=SASL_INHERIT needs sasl.jaas.config with username="…" and password="…" among the converter’s own properties.',
    )
  }
  const text = ([quoted, bare]: readonly (string | undefined)[]) => quoted?.replace(/\\(.)/g, '$1') ?? bare ?? ''
  return `${text(user)}:${text(password)}`
}
