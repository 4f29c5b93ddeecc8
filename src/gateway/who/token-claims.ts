import { type Pattern, parsePattern } from '../channels.ts'
import type { Action } from '../settings.ts'

/** What claims grant: the channels of each action. */
export type Grants = Readonly<Partial<Record<Action, readonly Pattern[]>>>

type Claims = Readonly<Record<string, unknown>>

const actions: readonly Action[] = ['subscribe', 'publish', 'history', 'presence', 'statistics']

export const grantsOf = (claims: Claims): Grants =>
  Object.fromEntries(actions.map((action) => [action, patternsOf(claims[action], claims)]))

/** A token for one subscription: what its `channel` names may be subscribed to, and read from the past where the namespace has it so. */
export const grantsOfOne = (claims: Claims): Grants => {
  const one = patternsOf([claims['channel']], claims)
  return { subscribe: one, history: one }
}

/** The patterns of a claim. `#{name}` stands for another claim's string or number, which cannot leave its segment; without it the pattern grants nothing. */
function patternsOf(claim: unknown, claims: Claims): Pattern[] {
  if (!Array.isArray(claim)) return []
  return claim.flatMap((text: unknown) => {
    const filled = typeof text === 'string' ? fill(text, claims) : undefined
    return filled === undefined ? [] : [parsePattern(filled)]
  })
}

function fill(text: string, claims: Claims): string | undefined {
  let isWhole = true
  const filled = text.replace(/#\{([^}]*)\}/g, (_, name: string) => {
    const value = textOf(valueAt(claims, name))
    if (value === undefined) isWhole = false
    return escapeSegment(value ?? '')
  })
  return isWhole ? filled : undefined
}

/** A claim may have dots in its own name; else they lead into it. */
function valueAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  let value: unknown = claims
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Claims)[part]
  }
  return value
}

/** Numbers beyond 2^53 are not what the token says any more. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : String(value)
}

/** Percent-encodes outside `A–Z a–z 0–9 . _ ~ -`, as values inserted into channels are; a lone surrogate becomes U+FFFD. */
const escapeSegment = (text: string): string =>
  encodeURIComponent(Buffer.from(text).toString()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
