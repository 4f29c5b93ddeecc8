import { ConfigError, type ConfigOf, type Password } from '#api'
import type { connectionProps } from './client-props.ts'
import { type JaasEntry, parseJaas } from './jaas.ts'

type Props = ConfigOf<typeof connectionProps>

/** How a client proves who it is. */
export type Sasl =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
      readonly user: string
      readonly password: string
    }
  | { readonly mechanism: 'OAUTHBEARER'; readonly user: string; readonly token: TokenSource }

/** Where a bearer token comes from. */
export type TokenSource = {
  /** SASL extensions (KIP-342). */
  readonly extensions: Readonly<Record<string, string>>
} & (
  | { readonly from: 'file'; readonly url: string }
  | {
      readonly from: 'endpoint'
      readonly url: string
      readonly clientId: string
      readonly clientSecret: string
      readonly scope: string | undefined
      readonly urlEncode: boolean
      readonly timeoutMs: number
      /** The JAAS options, for their `ssl.*`. */
      readonly options: Readonly<Record<string, string>>
    }
  /** A token that nobody signed, for tests: Kafka's own handler does the same. */
  | { readonly from: 'claims'; readonly claims: Readonly<Record<string, unknown>>; readonly lifeSeconds: number }
)

const modules: Readonly<Record<Sasl['mechanism'], string>> = {
  PLAIN: 'PlainLoginModule',
  'SCRAM-SHA-256': 'ScramLoginModule',
  'SCRAM-SHA-512': 'ScramLoginModule',
  OAUTHBEARER: 'OAuthBearerLoginModule',
}
const mechanisms = Object.keys(modules).join(', ')

/** Understands the `sasl.*` properties. No message repeats a secret. */
export function toSasl(props: Props): Sasl {
  const name = props['sasl.mechanism']
  const mechanism = Object.keys(modules).find((each): each is Sasl['mechanism'] => each === name)
  if (!mechanism) throw new ConfigError(`sasl.mechanism ${name} is not supported; use ${mechanisms}.`)
  const jaas = props['sasl.jaas.config']
  const entry = jaas ? parseJaas(jaas.reveal()) : undefined
  if (entry && entry.module !== modules[mechanism])
    throw new ConfigError(`sasl.jaas.config names ${entry.module}, and ${mechanism} needs ${modules[mechanism]}.`)
  if (mechanism === 'OAUTHBEARER') return toBearer(props, entry?.options ?? {})
  if (!entry) throw new ConfigError(`sasl.mechanism ${mechanism} needs sasl.jaas.config with user name and password.`)
  return { mechanism, ...credentialsOf(entry) }
}

function credentialsOf({ options, module }: JaasEntry): { readonly user: string; readonly password: string } {
  const { username, password, tokenauth } = options
  if (username === undefined || password === undefined)
    throw new ConfigError(`sasl.jaas.config: ${module} needs the options username and password.`)
  if (tokenauth === 'true') throw new ConfigError('sasl.jaas.config: delegation tokens (tokenauth) are not supported.')
  return { user: username, password }
}

const shippedHandlers =
  /^org\.apache\.kafka\.common\.security\.oauthbearer\.(secured\.|internals\.unsecured\.)?OAuthBearer(Unsecured)?LoginCallbackHandler$/

function toBearer(props: Props, options: Readonly<Record<string, string>>): Sasl {
  const handler = props['sasl.login.callback.handler.class']
  if (handler && !shippedHandlers.test(handler))
    throw new ConfigError(
      `sasl.login.callback.handler.class ${handler} is Java code; use sasl.oauthbearer.token.endpoint.url.`,
    )
  const extensions = Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) =>
      name.startsWith('extension_') ? [[name.slice('extension_'.length), value]] : [],
    ),
  )
  const url = props['sasl.oauthbearer.token.endpoint.url']
  if (!url) return fromClaims(options, extensions)
  if (url.startsWith('file:')) return { mechanism: 'OAUTHBEARER', user: url, token: { from: 'file', url, extensions } }
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new ConfigError(`sasl.oauthbearer.token.endpoint.url ${url} is not a URL of http, https or file.`)
  const clientId = props['sasl.oauthbearer.client.credentials.client.id'] ?? options['clientId']
  const clientSecret = reveal(props['sasl.oauthbearer.client.credentials.client.secret']) ?? options['clientSecret']
  if (!clientId || !clientSecret)
    throw new ConfigError(
      'OAUTHBEARER needs sasl.oauthbearer.client.credentials.client.id and .client.secret (or clientId and clientSecret in sasl.jaas.config) for its token endpoint.',
    )
  const scope = props['sasl.oauthbearer.scope'] ?? options['scope']
  const [urlEncode, timeoutMs] = [props['sasl.oauthbearer.header.urlencode'], props['request.timeout.ms']]
  const token: TokenSource = {
    from: 'endpoint',
    url,
    clientId,
    clientSecret,
    scope,
    urlEncode,
    timeoutMs,
    options,
    extensions,
  }
  return { mechanism: 'OAUTHBEARER', user: clientId, token }
}

/** Kafka's unsecured handler: `unsecuredLoginStringClaim_sub="alice"`. */
function fromClaims(options: Readonly<Record<string, string>>, extensions: Readonly<Record<string, string>>): Sasl {
  const claims: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options)) {
    const [, kind, claim] = /^unsecuredLogin(String|Number|List)Claim_(.+)$/.exec(name) ?? []
    if (claim) claims[claim] = kind === 'Number' ? Number(value) : kind === 'List' ? listOf(value) : value
  }
  const user = claims[options['unsecuredLoginPrincipalClaimName'] ?? 'sub']
  if (typeof user !== 'string')
    throw new ConfigError(
      'OAUTHBEARER needs sasl.oauthbearer.token.endpoint.url (for tests: unsecuredLoginStringClaim_sub in sasl.jaas.config).',
    )
  const lifeSeconds = Number(options['unsecuredLoginLifetimeSeconds'] ?? 3600)
  return { mechanism: 'OAUTHBEARER', user, token: { from: 'claims', claims, lifeSeconds, extensions } }
}

/** The first character separates the others, when it is none of a word. */
const listOf = (value: string): readonly string[] =>
  /^\w/.test(value) ? [value] : value.slice(1).split(value.slice(0, 1))

const reveal = (password: Password | null): string | undefined => password?.reveal()
