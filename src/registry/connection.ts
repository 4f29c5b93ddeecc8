import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { ConfigError, RetriableError } from '#api'
import { credentialsFor, type RegistryConfig, withoutPassword } from './config.ts'

type Api = SchemaRegistry['api']

/** What the registry said: its data, or why not. */
export type Answer =
  | { readonly ok: true; readonly data: unknown }
  | {
      readonly ok: false
      readonly status: number
      readonly message: string
      /** The body was not what a registry sends with an error. */
      readonly foreign: boolean
    }

export interface Connection {
  /** The URLs, without passwords. */
  readonly url: string
  /**
   * Asks one URL after the other until one answers. `what` completes "The schema registry was asked for …".
   * Throws `RetriableError` when none answers, `ConfigError` when the credentials are refused.
   */
  ask(what: string, request: (api: Api, common: object) => Promise<{ data(): unknown }>): Promise<Answer>
  close(): void
}

/** The HTTP side of `@kafkajs/confluent-schema-registry`, made tolerant of several URLs and strict about failures. */
export function connect(config: RegistryConfig): Connection {
  const urls = config['schema.registry.url']
  const url = urls.map(withoutPassword).join(', ')
  const closing = new AbortController()
  const nodes = urls.map((text) => createNode(new URL(text), config))
  let current = 0

  return {
    url,
    async ask(what, request) {
      const common = { timeout: config['http.read.timeout.ms'], signal: closing.signal }
      let reason = 'no URL is configured'
      for (let attempt = 0; attempt < nodes.length; attempt++) {
        const node = nodes[current % nodes.length]
        const answer = await attemptOn(async () => request(await (node as Node).api(), common))
        if (answer.ok || !isAway(answer)) return known(answer)
        reason = answer.message
        current = (current + 1) % nodes.length
      }
      throw new RetriableError(`The schema registry ${url} did not answer when asked for ${what}: ${reason}.`, {
        context: { registry: url },
      })
    },
    close() {
      closing.abort()
      for (const node of nodes) node.close()
    },
  }

  function known(answer: Answer): Answer {
    if (!answer.ok && (answer.status === 401 || answer.status === 403)) {
      throw new ConfigError(
        `The schema registry ${url} refused the credentials (${answer.status}): check basic.auth.user.info or bearer.auth.token.`,
        { context: { registry: url } },
      )
    }
    if (!answer.ok && answer.status === 404 && answer.foreign) {
      throw new ConfigError(`${url} is no schema registry: its URL may lack a path, such as /apis/ccompat/v7.`, {
        context: { registry: url },
      })
    }
    return answer
  }
}

interface Node {
  api(): Promise<Api>
  close(): void
}

function createNode(url: URL, config: RegistryConfig): Node {
  const agent = url.protocol === 'https:' ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const auth = config['bearer.auth.token'] ? undefined : credentialsFor(url, config)
  let api: Promise<Api> | undefined
  const create = async (): Promise<Api> => {
    // 160 ms to load: not before the first question, and not for those who have none.
    const { SchemaRegistry } = await import('@kafkajs/confluent-schema-registry')
    const registry = new SchemaRegistry({
      host: withoutPassword(url.href).replace(/\/$/, ''),
      agent,
      // The caller repeats, with its own back-off.
      retry: { retries: 0 },
      middlewares: bearer(config),
      ...(auth === undefined ? {} : { auth }),
    })
    return registry['api']
  }
  return {
    api: () => (api ??= create()),
    close: () => agent.destroy(),
  }
}

type Middleware = NonNullable<ConstructorParameters<typeof SchemaRegistry>[0]['middlewares']>[number]

function bearer(config: RegistryConfig): Middleware[] {
  const token = config['bearer.auth.token']
  if (!token) return []
  const middleware: Middleware = () => ({
    prepareRequest: async (next) => (await next()).enhance({ headers: { Authorization: `Bearer ${token.reveal()}` } }),
  })
  return [middleware]
}

async function attemptOn(request: () => Promise<{ data(): unknown }>): Promise<Answer> {
  try {
    return { ok: true, data: (await request()).data() }
  } catch (error) {
    const { status, message } = error as { status?: unknown; message?: unknown }
    if (typeof status !== 'number') throw error
    // The library puts its client's name first, and for a body without a message its own words.
    const [, foreign, text = ''] = /^\S+ - (Error, status \d+(?:: )?)?(.*)$/s.exec(String(message)) ?? []
    return { ok: false, status, message: text, foreign: foreign !== undefined }
  }
}

/** Network failures have the status 400 too, but no body of a registry. */
const isAway = ({ status, foreign }: Answer & { ok: false }): boolean =>
  status >= 500 || status === 408 || status === 429 || (status === 400 && foreign)
