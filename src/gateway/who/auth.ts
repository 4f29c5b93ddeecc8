import { createHash, randomUUID } from 'node:crypto'
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import { type Clock, ConfigError, type Logger } from '#api'
import { covers, isPattern, matches, namespaceOf, parsePattern } from '../channels.ts'
import { type Refusal, refuse } from '../codes.ts'
import type { Action, AuthSettings, GatewaySettings } from '../settings.ts'
import { createJwks, type Jwks } from './jwks.ts'
import { type KeyFiles, openKeyFiles } from './key-files.ts'
import type { RevocationIndex } from './revocations.ts'
import { type Grants, grantsOf, grantsOfOne } from './token-claims.ts'
import { secretKeys, type TokenKey } from './token-keys.ts'

/** Who a connection is and what its token grants. */
export interface Identity {
  /** The token's `sub`, or a random id. */
  readonly client: string
  /** Has a `sub` that a token, or a certificate, vouches for. */
  readonly isAuthenticated: boolean
  /** Milliseconds since the epoch. */
  readonly expiresAt: number | undefined
  /** The channels that the token's claims name, by action. */
  readonly grants: Grants
  /** What revocations call the token; undefined: there is none. */
  readonly tokenId: string | undefined
  /** Milliseconds since the epoch, the earliest that it may have been by the clock here; undefined: the token does not say. */
  readonly issuedAt: number | undefined
  /** Made for one subscription: it opens no connection that could do more. */
  readonly isForOne: boolean
}

export interface Auth {
  /** What a token says, or why it is not to be trusted. Never rejects, and the token is never logged. */
  verify(token: string): Promise<Identity | Refusal>
  /** Who comes without a token, such as with a certificate, or that it was revoked. */
  admit(identity: Identity): Identity | Refusal
  /**
   * Whether the namespace, the token and what was revoked allow it; the same no for a channel that is in no namespace. Of a pattern: for
   * every channel that it may ever match.
   */
  allows(identity: Identity, action: Action, channel: string): boolean
}

export interface AuthParts {
  readonly keyFiles: Pick<KeyFiles, 'keys'>
  readonly jwks?: Jwks | undefined
  readonly revocations?: RevocationIndex | undefined
}

export const anonymous = (): Identity => ({
  client: randomUUID(),
  isAuthenticated: false,
  expiresAt: undefined,
  grants: {},
  tokenId: undefined,
  issuedAt: undefined,
  isForOne: false,
})

const fixed = (keys: readonly TokenKey[]): AuthParts['keyFiles'] => ({ keys: () => keys })

/** The most keys that one token is tried with. */
const mostTries = 8
/** The last moment that a date can be. */
const lastMs = 8.64e15

/** Reads what the settings name. Throws `ConfigError`. */
export async function readAuthParts(
  auth: AuthSettings,
  clock: Clock,
  log: Logger,
  reloadMs = 10_000,
): Promise<AuthParts & { readonly keyFiles: KeyFiles }> {
  const { jwksUrl: url } = auth
  const check = (keys: readonly TokenKey[]): void => {
    const idle = auth.algorithms.find((name) => !keys.some(({ algorithms }) => algorithms.includes(name)))
    if (idle !== undefined && url === null)
      throw new ConfigError(
        `gateway.auth.algorithms: no key fits ${idle}. HS384 asks for a secret of 48 bytes, HS512 for one of 64; RS, PS, ES and EdDSA for a public key of their kind.`,
      )
  }
  const keyFiles = await openKeyFiles({ auth, check, everyMs: reloadMs, log })
  return { keyFiles, ...(url === null ? {} : { jwks: createJwks({ ...auth, url, clock, log }) }) }
}

export function createAuth(
  { auth, namespaces }: Pick<GatewaySettings, 'auth' | 'namespaces'>,
  clock: Clock,
  { keyFiles, jwks, revocations }: AuthParts = { keyFiles: fixed(secretKeys(auth.secret)) },
): Auth {
  const rules = new Map(Object.entries(namespaces))
  const required = [...(auth.requireExp ? ['exp'] : []), ...(auth.maxTokenAgeS > 0 ? ['iat'] : [])]
  const isTaken = (algorithm: string): boolean => auth.algorithms.length === 0 || auth.algorithms.includes(algorithm)

  const keysFor = async (token: string): Promise<Candidates | Refusal> => {
    const { alg = '', kid } = decodeProtectedHeader(token)
    const fitting = (keys: readonly TokenKey[]): TokenKey[] =>
      isTaken(alg)
        ? keys.filter(
            (key) => key.algorithms.includes(alg) && (kid === undefined || key.kid === undefined || key.kid === kid),
          )
        : []
    const keys = fitting(keyFiles.keys())
    if (!jwks || alg.startsWith('HS') || !isTaken(alg)) return { alg, keys }
    const fetched = await jwks.keys(kid)
    if ('keys' in fetched) return { alg, keys: [...keys, ...fitting(fetched.keys)] }
    if (keys.length > 0) return { alg, keys }
    return refuse('unavailable', "The token cannot be checked now: its issuer's keys are not at hand.", fetched)
  }

  const check = async (token: string, { key }: TokenKey, alg: string): Promise<JWTPayload | 'other key'> => {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [alg],
        clockTolerance: auth.clockSkewS,
        currentDate: new Date(clock.now()),
        requiredClaims: required,
        ...(auth.maxTokenAgeS > 0 ? { maxTokenAge: auth.maxTokenAgeS } : {}),
        ...(auth.issuer === null ? {} : { issuer: auth.issuer }),
        ...(auth.audience === null ? {} : { audience: auth.audience }),
      })
      return payload
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed) return 'other key'
      throw error
    }
  }

  const admit = (identity: Identity): Identity | Refusal =>
    revocations?.refuses(identity) ? refuse('revoked', 'The token, or all of its user, was revoked.') : identity

  const verify = async (token: string): Promise<Identity | Refusal> => {
    const candidates = await keysFor(token)
    if ('code' in candidates) return candidates
    for (const key of candidates.keys.slice(0, mostTries)) {
      const payload = await check(token, key, candidates.alg)
      if (payload === 'other key') continue
      const identity = toIdentity(token, payload, auth)
      if (!identity) break
      return admit(identity)
    }
    return badToken()
  }

  return {
    async verify(token) {
      try {
        return await verify(token)
      } catch (error) {
        if (error instanceof errors.JOSEError || error instanceof TypeError) return badToken()
        throw error
      }
    },
    admit,
    allows(identity, action, channel) {
      switch (rules.get(namespaceOf(channel))?.[action]) {
        case 'anonymous':
          break
        case 'token': {
          const asked = isPattern(channel) ? parsePattern(channel) : undefined
          const granted = identity.grants[action]?.some((pattern) =>
            asked ? covers(pattern, asked) : matches(pattern, channel),
          )
          if (granted) break
          return false
        }
        case 'none':
        case undefined:
          return false
      }
      return !revocations?.refuses(identity) && !revocations?.blocks(identity, channel)
    },
  }
}

interface Candidates {
  readonly alg: string
  readonly keys: readonly TokenKey[]
}

const badToken = (): Refusal => refuse('bad_token', 'The token is malformed, forged or expired.')

function toIdentity(token: string, payload: JWTPayload, auth: AuthSettings): Identity | undefined {
  const { exp, iat } = payload
  const [sub, jti]: unknown[] = [payload.sub, payload.jti]
  // The library checks no type here: who would be nobody, or everybody with an empty name, is not let in.
  if (sub !== undefined && (typeof sub !== 'string' || sub === '')) return undefined
  const ends = [exp, iat !== undefined && auth.maxTokenAgeS > 0 ? iat + auth.maxTokenAgeS : undefined]
  const end = Math.min(...ends.map((at) => at ?? Number.POSITIVE_INFINITY))
  const isForOne = payload['channel'] !== undefined
  return {
    client: sub ?? randomUUID(),
    isAuthenticated: sub !== undefined,
    expiresAt: end === Number.POSITIVE_INFINITY ? undefined : Math.min((end + auth.clockSkewS) * 1000, lastMs),
    grants: isForOne ? grantsOfOne(payload) : grantsOf(payload),
    tokenId: typeof jti === 'string' && jti !== '' ? `jti:${jti}` : `sha256:${hashOf(token)}`,
    issuedAt: iat === undefined ? undefined : (iat - auth.clockSkewS) * 1000,
    isForOne,
  }
}

/** Of what is signed: a signature may be written in several ways. */
const hashOf = (token: string): string =>
  createHash('sha256')
    .update(token.slice(0, token.lastIndexOf('.')))
    .digest('base64url')
