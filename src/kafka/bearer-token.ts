import { readFile } from 'node:fs/promises'
import { request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import { fileURLToPath } from 'node:url'
import { type Clock, ConfigError, ConnectError, messageOf } from '#api'
import { type TlsMaterial, tlsFromProps } from '../security/index.ts'
import { parseJson } from '../util/parse-json.ts'
import type { TokenSource } from './sasl.ts'

type Endpoint = Extract<TokenSource, { from: 'endpoint' }>

interface Token {
  readonly value: string
  /** When it has to be asked for anew. */
  readonly until: number
}

/** An answer longer than this is no token. */
const answerLimit = 1_000_000

/** Gives bearer tokens as kafkajs asks for them; one is kept until four fifths of its life are over. */
export function createTokenProvider(
  source: TokenSource,
  clock: Clock,
  warn: (message: string) => void,
): () => Promise<{ value: string; extensions: Record<string, string> }> {
  let held: Promise<Token> | undefined
  const { extensions } = source
  return async () => {
    const former = await held?.catch(() => undefined)
    if (!former || former.until <= clock.now()) held = fetchToken(source, clock, warn)
    const token = await held
    return { value: token?.value ?? '', extensions: { ...extensions } }
  }
}

async function fetchToken(source: TokenSource, clock: Clock, warn: (message: string) => void): Promise<Token> {
  switch (source.from) {
    case 'claims':
      return {
        value: unsigned(source.claims, source.lifeSeconds, clock),
        until: clock.now() + source.lifeSeconds * 800,
      }
    case 'file':
      return { value: await readToken(source.url), until: 0 }
    case 'endpoint':
      return fromEndpoint(source, clock, warn)
  }
}

async function readToken(url: string): Promise<string> {
  try {
    return (await readFile(fileURLToPath(url), 'utf8')).trim()
  } catch (error) {
    throw new ConfigError(`sasl.oauthbearer.token.endpoint.url ${url} cannot be read: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

function unsigned(claims: Readonly<Record<string, unknown>>, lifeSeconds: number, clock: Clock): string {
  const now = clock.now() / 1000
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ iat: now, exp: now + lifeSeconds, ...claims })}.`
}

async function fromEndpoint(source: Endpoint, clock: Clock, warn: (message: string) => void): Promise<Token> {
  const tls = source.url.startsWith('https:') ? await tlsFromProps(source.options, { warn }) : {}
  const { status, text } = await post(source, tls)
  // An endpoint's complaint is told (RFC 6749 §5.2), but never a token.
  const answer = tryParse(text)
  const value = textOf(answer?.['access_token'])
  if (status !== 200 || !value) {
    const complaint = [answer?.['error'], answer?.['error_description']]
      .flatMap((each) => textOf(each) ?? [])
      .join(': ')
    const isRefusal = status >= 400 && status < 500 && status !== 429
    const what = `The token endpoint ${source.url} gave client ${source.clientId} no token: HTTP ${status}${complaint ? `, ${complaint}` : ''}.`
    throw isRefusal ? new ConfigError(`${what} Check client id and secret.`) : new ConnectError(what)
  }
  const life = Number(answer?.['expires_in'] ?? 300)
  return { value, until: clock.now() + (Number.isFinite(life) ? life : 300) * 800 }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

function tryParse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = parseJson(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    // Not JSON: then its status alone is told.
    return undefined
  }
}

function post(source: Endpoint, tls: TlsMaterial): Promise<{ readonly status: number; readonly text: string }> {
  const [id, secret] = [source.clientId, source.clientSecret].map((each) =>
    source.urlEncode ? encodeURIComponent(each) : each,
  )
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...(source.scope && { scope: source.scope }) })
  const options = {
    method: 'POST',
    headers: {
      accept: 'application/json',
      authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    timeout: source.timeoutMs,
  }
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(new ConnectError(`The token endpoint ${source.url} cannot be reached: ${error.message}`, { cause: error }))
    const asked = source.url.startsWith('https:')
      ? overHttps(source.url, { ...options, ...tls })
      : overHttp(source.url, options)
    asked.once('error', fail)
    asked.once('timeout', () => asked.destroy(new Error(`no answer in ${source.timeoutMs} ms`)))
    asked.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > answerLimit) asked.destroy(new Error(`its answer is longer than ${answerLimit} characters`))
      })
      response.once('error', fail)
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    asked.end(body.toString())
  })
}
