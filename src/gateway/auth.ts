import { randomUUID } from 'node:crypto'
import { errors, jwtVerify } from 'jose'
import type { Clock } from '#api'
import { matches, namespaceOf, type Pattern, parsePattern } from './channels.ts'
import type { Action, GatewaySettings } from './settings.ts'

/** Who a connection is and what its token grants. */
export interface Identity {
  /** The token's `sub`, or a random id. */
  readonly client: string
  /** Has a `sub` that a token vouches for. */
  readonly isAuthenticated: boolean
  /** Milliseconds since the epoch. */
  readonly expiresAt: number | undefined
  /** The channels that the token's claims name, by action. */
  readonly grants: Readonly<Partial<Record<Action, readonly Pattern[]>>>
}

const actions: readonly Action[] = ['subscribe', 'publish', 'history', 'presence', 'statistics']

export interface Auth {
  /** What a token says; undefined when it is not to be trusted. Never rejects, and the token is never logged. */
  verify(token: string): Promise<Identity | undefined>
  /** Whether the namespace and the token allow it; the same no for a channel that is in no namespace. */
  allows(identity: Identity, action: Action, channel: string): boolean
}

export const anonymous = (): Identity => ({
  client: randomUUID(),
  isAuthenticated: false,
  expiresAt: undefined,
  grants: {},
})

export function createAuth({ auth, namespaces }: Pick<GatewaySettings, 'auth' | 'namespaces'>, clock: Clock): Auth {
  const secret = auth.secret === null ? undefined : new TextEncoder().encode(auth.secret)
  const rules = new Map(Object.entries(namespaces))
  return {
    async verify(token) {
      if (!secret) return undefined
      try {
        const { payload } = await jwtVerify(token, secret, {
          algorithms: ['HS256'],
          clockTolerance: auth.clockSkewS,
          currentDate: new Date(clock.now()),
          ...(auth.issuer === null ? {} : { issuer: auth.issuer }),
          ...(auth.audience === null ? {} : { audience: auth.audience }),
        })
        const { exp } = payload
        const sub: unknown = payload.sub
        // The library checks no type here: who would be nobody, or everybody with an empty name, is not let in.
        if (sub !== undefined && (typeof sub !== 'string' || sub === '')) return undefined
        return {
          client: sub ?? randomUUID(),
          isAuthenticated: sub !== undefined,
          expiresAt: exp === undefined ? undefined : (exp + auth.clockSkewS) * 1000,
          grants: Object.fromEntries(actions.map((action) => [action, patterns(payload[action], sub)])),
        }
      } catch (error) {
        if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined
        throw error
      }
    },
    allows(identity, action, channel) {
      switch (rules.get(namespaceOf(channel))?.[action]) {
        case 'anonymous':
          return true
        case 'token':
          return identity.grants[action]?.some((pattern) => matches(pattern, channel)) ?? false
        case 'none':
        case undefined:
          return false
      }
    },
  }
}

/** The patterns of a claim; `#{sub}` stands for the token's subject, which cannot leave its segment. */
function patterns(claim: unknown, sub: string | undefined): Pattern[] {
  if (!Array.isArray(claim)) return []
  return claim
    .filter((text): text is string => typeof text === 'string' && (sub !== undefined || !text.includes('#{sub}')))
    .map((text) => parsePattern(text.replaceAll('#{sub}', () => escapeSegment(sub ?? ''))))
}

/** Percent-encodes outside `A–Z a–z 0–9 . _ ~ -`, as values inserted into channels are; a lone surrogate becomes U+FFFD. */
const escapeSegment = (text: string): string =>
  encodeURIComponent(Buffer.from(text).toString()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
