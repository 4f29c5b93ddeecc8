import { atLeast, type ConfigOf, defineConfig, isUrl, type Props } from '#api'
import { authKeys } from './auth-config.ts'
import { tlsKeys } from './tls-config.ts'

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
  ...authKeys,
  ...tlsKeys,
  'http.read.timeout.ms': {
    type: 'int',
    importance: 'low',
    default: 10_000,
    validator: atLeast(1),
    doc: 'How long a request to the registry, connecting included, or to the issuer of tokens may take.',
  },
  'max.retries': {
    type: 'int',
    importance: 'low',
    default: 3,
    validator: atLeast(0),
    doc: 'How often a question that no URL answered is asked again before the record fails.',
  },
  'retries.wait.ms': {
    type: 'int',
    importance: 'low',
    default: 1000,
    validator: atLeast(0),
    doc: 'How long to wait before the first repetition, less a random part; each further one waits twice as long.',
  },
  'retries.max.wait.ms': {
    type: 'int',
    importance: 'low',
    default: 20_000,
    validator: atLeast(0),
    doc: 'The longest wait before a repetition.',
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

const isHttp = isUrl('http:', 'https:')

function urlProblem(url: string): string | undefined {
  return isHttp(url) === undefined ? undefined : `${withoutPassword(url)} is not an http:// or https:// URL`
}

/** A URL fit for messages. */
export const withoutPassword = (url: string): string => url.replace(/\/\/[^/@]*@/, '//')

/** The configuration of a client that needs nothing but a URL; who asks by hand waits for no repetition. */
export const registryConfig = (url: string): RegistryConfig =>
  definition.parse({ 'schema.registry.url': url, 'max.retries': '0' })

const headerPrefix = 'request.header.'

/** `request.header.X` says that each request carries the header X. */
export function requestHeaders(props: Props): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(props).flatMap(([name, value]) =>
      name.startsWith(headerPrefix) && typeof value === 'string' ? [[name.slice(headerPrefix.length), value]] : [],
    ),
  )
}
