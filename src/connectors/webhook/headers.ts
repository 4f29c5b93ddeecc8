import { validateHeaderValue } from 'node:http'
import { ConfigError } from '#api'
import { parseHeaders } from '../common/http-words.ts'

/** What the sink, or HTTP itself, decides. */
const taken = new Set([
  'idempotency-key',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
])

/** The headers that every request has, by lower-case names. Throws `ConfigError`, which tells no value. */
export function requestHeaders(text: string): Readonly<Record<string, string>> {
  const headers = new Map([['content-type', 'application/json']])
  for (const [given, value] of Object.entries(parseHeaders(text))) {
    const name = given.toLowerCase()
    if (taken.has(name)) throw new ConfigError(`must not hold ${given}, which is not the user’s to set`)
    try {
      validateHeaderValue(name, value)
    } catch (error) {
      throw new ConfigError(`has a character in the value of ${given} that no header may have`, { cause: error })
    }
    headers.set(name, value)
  }
  return Object.fromEntries(headers)
}
