import { type Clock, type Logger, messageOf } from '#api'
import type { AuthSettings } from '../settings.ts'
import { readJwks, type TokenKey } from './token-keys.ts'

/** The keys that an issuer publishes. */
export interface Jwks {
  /** The keys, and whether that is all there is to know now. */
  keys(kid: string | undefined): Promise<JwksKeys>
}

export type JwksKeys =
  | { readonly keys: readonly TokenKey[] }
  /** They cannot be had, or not be asked for once more so soon. */
  | { readonly retryAfter: number }

/** The most bytes of an answer. */
const mostBytes = 1024 * 1024

type Options = Pick<AuthSettings, 'jwksRefreshS' | 'jwksCooldownS' | 'jwksTimeoutMs' | 'jwksMaxAgeS'> & {
  readonly url: string
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Fetches at the first token, when the keys have grown old, and for a `kid` that is not known. One fetch is under way at the most, and none
 * begins before the cool-down of the last has passed. While the URL is away the last keys go on, up to an age; but where nobody has asked
 * for long, they wait for a fetch first.
 */
export function createJwks({ url, clock, log, ...settings }: Options): Jwks {
  const [refreshMs, maxAgeMs] = [settings.jwksRefreshS * 1000, settings.jwksMaxAgeS * 1000]
  const cooldownMs = settings.jwksCooldownS * 1000
  let known: { readonly keys: readonly TokenKey[]; readonly at: number } | undefined
  let triedAt = Number.NEGATIVE_INFINITY
  let answeredAt = Number.NEGATIVE_INFINITY
  let hasFailed = false
  let fetching: Promise<void> | undefined

  const fetchKeys = async (): Promise<void> => {
    triedAt = clock.now()
    try {
      const keys = readJwks(await download(url, settings.jwksTimeoutMs), log)
      known = { keys, at: clock.now() }
      if (hasFailed) log.info({ url: shown(url) }, 'the keys of the issuer can be fetched again')
      hasFailed = false
    } catch (error) {
      if (!hasFailed)
        log.warn({ url: shown(url), reason: messageOf(error) }, 'the keys of the issuer cannot be fetched')
      hasFailed = true
    }
    answeredAt = clock.now()
  }
  const fetchOnce = (): Promise<void> =>
    (fetching ??= fetchKeys().finally(() => {
      fetching = undefined
    }))
  const mayFetch = (): boolean => fetching !== undefined || clock.now() - triedAt >= cooldownMs
  const current = (): readonly TokenKey[] | undefined =>
    known && clock.now() - known.at <= maxAgeMs ? known.keys : undefined
  const has = (kid: string | undefined): boolean =>
    current()?.some((key) => kid === undefined || key.kid === undefined || key.kid === kid) ?? false
  const retryAfter = (): number => Math.max(1000, triedAt + cooldownMs - clock.now())

  return {
    async keys(kid) {
      if (has(kid)) {
        const fetched = known && clock.now() - known.at >= refreshMs && mayFetch() ? fetchOnce() : undefined
        // Nobody waits for keys that only may have changed; but after a quiet night some may have been withdrawn for long.
        if (fetched && clock.now() - answeredAt >= 2 * refreshMs) await fetched
        return { keys: current() ?? [] }
      }
      if (!mayFetch()) return { retryAfter: retryAfter() }
      await fetchOnce()
      // An issuer that answers without the key has none; one that does not answer may.
      return hasFailed && !has(kid) ? { retryAfter: retryAfter() } : { keys: current() ?? [] }
    },
  }
}

async function download(url: string, timeoutMs: number): Promise<string> {
  // Whoever could send it elsewhere could choose the keys.
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
    headers: { accept: 'application/jwk-set+json, application/json' },
  })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`It answers ${response.status}.`)
  }
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.length
    if (bytes > mostBytes) throw new Error(`It answers more than ${mostBytes} bytes.`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

/** Without what may be secret in it. */
const shown = (url: string): string => {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}
