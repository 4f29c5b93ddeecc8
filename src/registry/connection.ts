import type { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import {
  type Clock,
  ConfigError,
  ConnectError,
  isRetriable,
  type Logger,
  messageOf,
  type Props,
  RetriableError,
} from '#api'
import { backoffDelay } from '../util/backoff.ts'
import { type Agents, createAgents } from './agents.ts'
import { createAuthorization } from './authorization.ts'
import { type RegistryConfig, requestHeaders, withoutPassword } from './config.ts'

type Api = SchemaRegistry['api']

type Ask = (api: Api, common: object) => Promise<{ data(): unknown }>

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
   * Asks one URL after the other until one answers, and all of them again `max.retries` times. `what` completes
   * "The schema registry was asked for …". Throws `RetriableError` when none answers, `ConfigError` when the credentials are refused.
   */
  ask(what: string, request: Ask): Promise<Answer>
  close(): void
}

export interface ConnectionOptions {
  readonly config: RegistryConfig
  readonly clock: Clock
  /** As the user wrote them: `request.header.*` and `schema.registry.ssl.*` are read from here. */
  readonly props?: Props | undefined
  readonly log?: Logger | undefined
  /** Ends all waits, as `close` does. */
  readonly signal?: AbortSignal | undefined
}

/** The HTTP side of `@kafkajs/confluent-schema-registry`, made tolerant of several URLs and strict about failures. */
export function connect({ config, clock, props = {}, log, signal }: ConnectionOptions): Connection {
  const urls = config['schema.registry.url'].map((text) => new URL(text))
  const url = config['schema.registry.url'].map(withoutPassword).join(', ')
  const closing = new AbortController()
  const ended = closing.signal
  const end = (): void => closing.abort()
  // Not `AbortSignal.any`, which keeps something of this connection for as long as the worker's signal lives (Node 20).
  if (signal?.aborted) end()
  else signal?.addEventListener('abort', end, { once: true })
  const agents = createAgents(props, log)
  const authorization = createAuthorization({ config, clock, agentFor: (at) => agents.for(at) })
  const own = requestHeaders(props)
  const nodes = urls.map((at) => ({ url: at, api: createNode(at, agents) }))
  let current = 0

  /** Asks each URL once. */
  async function round(request: Ask): Promise<Answer> {
    let last: Answer | undefined
    for (let attempt = 0; attempt < nodes.length; attempt++) {
      const node = nodes[current % nodes.length]
      if (node) last = await askNode(node, request)
      if (last && (last.ok || !isAway(last))) return last
      current = (current + 1) % nodes.length
    }
    return last ?? { ok: false, status: 503, message: 'no URL is configured', foreign: true }
  }

  async function askNode(node: { url: URL; api: () => Promise<Api> }, request: Ask): Promise<Answer> {
    const attempt = async (): Promise<Answer> => {
      const headers = { ...own, ...(await authorization.headers(node.url, ended)) }
      const common = { timeout: config['http.read.timeout.ms'], signal: ended, headers }
      return await attemptOn(async () => request(await node.api(), common))
    }
    const answer = await attempt()
    return !answer.ok && answer.status === 401 && authorization.refused() ? await attempt() : answer
  }

  async function patiently(request: Ask): Promise<Answer> {
    for (let retry = 0; ; retry++) {
      const answer = await round(request).catch(issuerAway)
      if (answer.ok || !isAway(answer) || retry >= config['max.retries'] || ended.aborted) return answer
      const [initialMs, maxMs] = [config['retries.wait.ms'], config['retries.max.wait.ms']]
      await clock.sleep(backoffDelay(retry, { initialMs, maxMs, jitter: 0.5 }), ended)
      if (ended.aborted) return answer
    }
  }

  return {
    url,
    async ask(what, request) {
      const answer = await patiently(request)
      if (answer.ok || !isAway(answer)) return known(answer)
      throw new RetriableError(
        `The schema registry ${url} did not answer when asked for ${what}: ${withoutPassword(answer.message)}.`,
        { context: { registry: url } },
      )
    },
    close() {
      end()
      signal?.removeEventListener('abort', end)
      agents.close()
    },
  }

  function known(answer: Answer): Answer {
    if (!answer.ok && (answer.status === 401 || answer.status === 403)) {
      throw new ConfigError(
        `The schema registry ${url} refused the credentials (${answer.status}): check basic.auth.user.info or the keys under bearer.auth.`,
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

function createNode(url: URL, agents: Agents): () => Promise<Api> {
  let api: Promise<Api> | undefined
  const create = async (): Promise<Api> => {
    // 160 ms to load: not before the first question, and not for those who have none.
    const [{ SchemaRegistry }, agent] = await Promise.all([
      import('@kafkajs/confluent-schema-registry'),
      agents.for(url),
    ])
    const registry = new SchemaRegistry({
      host: withoutPassword(url.href).replace(/\/$/, ''),
      agent,
      // The caller repeats, with its own back-off.
      retry: { retries: 0 },
    })
    return registry['api']
  }
  return () =>
    (api ??= create().catch((error: unknown) => {
      api = undefined
      throw error
    }))
}

/** No token is no answer of the registry, but as passing as none. */
function issuerAway(error: unknown): Answer {
  if (!isRetriable(error)) throw error
  return { ok: false, status: 503, message: messageOf(error), foreign: true }
}

async function attemptOn(request: () => Promise<{ data(): unknown }>): Promise<Answer> {
  try {
    return { ok: true, data: (await request()).data() }
  } catch (error) {
    const { status, message } = error as { status?: unknown; message?: unknown }
    if (typeof status !== 'number' || ConnectError.is(error)) throw error
    // The library puts its client's name first, and for a body without a message its own words.
    const [, foreign, text = ''] = /^\S+ - (Error, status \d+(?:: )?)?(.*)$/s.exec(String(message)) ?? []
    return { ok: false, status, message: text, foreign: foreign !== undefined }
  }
}

/** Network failures have the status 400 too, but no body of a registry. */
const isAway = ({ status, foreign }: Answer & { ok: false }): boolean =>
  status >= 500 || status === 408 || status === 429 || (status === 400 && foreign)
