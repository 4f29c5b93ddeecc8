import { atLeast, type ConfigOf, defineConfig, Password } from '#api'

/** The keys of every converter that uses a registry; names and defaults are Confluent's. */
export const registryKeys = {
  'schema.registry.url': {
    type: 'list',
    importance: 'high',
    doc: 'The URLs of the schema registry, separated by commas; one that does not answer is followed by the next. User and password may stand in the URL.',
    validator: (urls: readonly string[]) =>
      urls.map(urlProblem).find((problem) => problem !== undefined) ??
      (urls.length === 0 ? 'must not be empty' : undefined),
  },
  'basic.auth.credentials.source': {
    type: 'string',
    importance: 'medium',
    default: 'URL',
    values: ['URL', 'USER_INFO'],
    doc: 'Where user and password come from: the URL, or `basic.auth.user.info`.',
  },
  'basic.auth.user.info': {
    type: 'password',
    importance: 'medium',
    default: null,
    doc: 'User and password as `user:password`, for the source `USER_INFO`.',
  },
  'bearer.auth.token': {
    type: 'password',
    importance: 'medium',
    default: null,
    doc: 'A token that is sent with each request instead of user and password.',
  },
  'http.read.timeout.ms': {
    type: 'int',
    importance: 'low',
    default: 10_000,
    validator: atLeast(1),
    doc: 'How long a request to the registry may take.',
  },
  'schemas.cache.config': {
    type: 'int',
    importance: 'low',
    default: 1000,
    validator: atLeast(1),
    doc: 'The most schemas that are kept.',
  },
  'latest.cache.ttl.sec': {
    type: 'int',
    importance: 'low',
    default: -1,
    validator: atLeast(-1),
    doc: "How long a subject's newest schema is taken for the newest; -1: until the restart.",
  },
  'normalize.schemas': {
    type: 'boolean',
    importance: 'low',
    default: false,
    doc: 'Whether the registry is asked to normalize schemas before it compares or registers them.',
  },
} as const

const definition = defineConfig(registryKeys)

export type RegistryConfig = ConfigOf<typeof definition>

function urlProblem(url: string): string | undefined {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
    ? undefined
    : `${withoutPassword(url)} is not an http:// or https:// URL`
}

/** A URL fit for messages. */
export const withoutPassword = (url: string): string => url.replace(/\/\/[^/@]*@/, '//')

/** The configuration of a client that needs nothing but a URL. */
export const registryConfig = (url: string): RegistryConfig => definition.parse({ 'schema.registry.url': url })

export type Credentials = {
  readonly username: string
  readonly password: string
}

/** User and password for one URL, if any are configured. */
export function credentialsFor(url: URL, config: RegistryConfig): Credentials | undefined {
  if (config['basic.auth.credentials.source'] === 'USER_INFO') {
    const [username = '', ...password] = (config['basic.auth.user.info'] ?? new Password('')).reveal().split(':')
    return { username, password: password.join(':') }
  }
  if (url.username === '') return undefined
  return { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
}
