import type { Agent } from 'node:http'
import { type Clock, ConfigError, messageOf, RetriableError } from '#api'
import type { RegistryConfig } from './config.ts'
import { postForm } from './post-form.ts'

/** Gives the token of OAuth's client credentials, kept until shortly before its end. */
export interface TokenSource {
  get(signal: AbortSignal): Promise<string>
  /** Drops the token, which was refused; false when it was got for that very question. */
  forget(): boolean
}

interface Token {
  readonly text: string
  /** Milliseconds since the epoch. */
  readonly replaceAt: number
  used: boolean
}

export interface TokenSourceOptions {
  readonly config: RegistryConfig
  readonly clock: Clock
  readonly agentFor: (url: URL) => Promise<Agent>
}

export function createTokenSource({ config, clock, agentFor }: TokenSourceOptions): TokenSource {
  const issuer = required(config, 'bearer.auth.issuer.endpoint.url')
  const id = required(config, 'bearer.auth.client.id')
  const secret = config['bearer.auth.client.secret']?.reveal() ?? ''
  const scope = config['bearer.auth.scope']
  const bufferMs = config['bearer.auth.cache.expiry.buffer.seconds'] * 1000
  let token: Token | undefined
  let pending: Promise<Token> | undefined

  async function fetchToken(signal: AbortSignal): Promise<Token> {
    const url = new URL(issuer)
    const answer = await post(url, signal)
    const { access_token, expires_in } = parse(answer.text)
    if (answer.status >= 500 || answer.status === 429) throw away(`it answered ${answer.status}`)
    if (answer.status !== 200 || typeof access_token !== 'string' || access_token === '') {
      throw new ConfigError(
        `The issuer of tokens ${issuer} gave none (${answer.status}): check bearer.auth.client.id, bearer.auth.client.secret and bearer.auth.scope.`,
        { context: { issuer } },
      )
    }
    const lifeMs = (Number(expires_in) || 0) * 1000
    return { text: access_token, replaceAt: clock.now() + lifeMs - Math.min(bufferMs, lifeMs / 2), used: false }
  }

  async function post(url: URL, signal: AbortSignal): Promise<{ status: number; text: string }> {
    try {
      return await postForm(url, {
        form: { grant_type: 'client_credentials', ...(scope !== null && { scope }) },
        headers: { authorization: `Basic ${Buffer.from(`${escaped(id)}:${escaped(secret)}`).toString('base64')}` },
        agent: await agentFor(url),
        timeoutMs: config['http.read.timeout.ms'],
        signal,
      })
    } catch (error) {
      if (ConfigError.is(error)) throw error
      throw away(messageOf(error), error)
    }
  }

  const away = (reason: string, cause?: unknown): RetriableError =>
    new RetriableError(`The issuer of tokens ${issuer} for the schema registry did not answer: ${reason}.`, {
      cause,
      context: { issuer },
    })

  return {
    async get(signal) {
      if (token && clock.now() < token.replaceAt) {
        token.used = true
        return token.text
      }
      pending ??= fetchToken(signal).finally(() => (pending = undefined))
      token = await pending
      return token.text
    },
    forget() {
      const stale = token?.used === true
      token = undefined
      return stale
    },
  }
}

/** RFC 6749 §2.3.1: both parts are escaped as in a form. */
const escaped = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1)

function parse(text: string): { access_token?: unknown; expires_in?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as object
  } catch {
    // Told by the status; the body may hold secrets.
    return {}
  }
}

function required(config: RegistryConfig, name: 'bearer.auth.issuer.endpoint.url' | 'bearer.auth.client.id'): string {
  const value = config[name]
  if (value !== null && value !== '') return value
  throw new ConfigError(`bearer.auth.credentials.source=OAUTHBEARER needs ${name}.`)
}
