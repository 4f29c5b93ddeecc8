import type { Revocation } from '#api'
import { isPattern, matches, namespaceOf, overlap, type Pattern, parsePattern, patternNamespace } from '../channels.ts'

/** The channels that are revoked, for all or for a user: a channel is looked up among those that can be meant. */
export interface BlockedChannels {
  add(blocked: Blocked): void
  remove(blocked: Blocked): void
  /** Whether the channel, or one that the pattern may match, is blocked for the user, or for all. */
  has(user: string | undefined, channel: string): boolean
}

/** `user` absent: for all. */
export interface Blocked {
  readonly channels: string
  readonly user?: string | undefined
  readonly revocation: Revocation
}

/** Of one user and one namespace. */
interface Place {
  /** By the channel. */
  readonly exact: Map<string, Held>
  /** By the text of the pattern. */
  readonly patterns: Map<string, Held>
}

interface Held {
  readonly pattern: Pattern
  /** By the id. */
  readonly revocations: Map<string, Revocation>
}

export function createBlockedChannels(inForce: (revocation: Revocation) => boolean): BlockedChannels {
  /** By the user, and then by the namespace; patterns of any namespace under the empty text. */
  const places = new Map<string | undefined, Map<string, Place>>()
  const namespaceKey = (pattern: Pattern): string => patternNamespace(pattern) ?? ''
  const isHeld = ({ revocations }: Held): boolean => {
    for (const revocation of revocations.values()) if (inForce(revocation)) return true
    return false
  }
  const someOf = (all: Map<string, Held>, test: (pattern: Pattern) => boolean): boolean => {
    for (const held of all.values()) if (test(held.pattern) && isHeld(held)) return true
    return false
  }
  const hasOne = ({ exact, patterns }: Place, channel: string): boolean => {
    const held = exact.get(channel)
    return (held !== undefined && isHeld(held)) || someOf(patterns, (pattern) => matches(pattern, channel))
  }
  const hasOneOf = ({ exact, patterns }: Place, asked: Pattern): boolean =>
    someOf(patterns, (pattern) => overlap(pattern, asked)) || someOf(exact, (pattern) => overlap(pattern, asked))

  return {
    add({ channels, user, revocation }) {
      const pattern = parsePattern(channels)
      const key = namespaceKey(pattern)
      const ofUser = places.get(user) ?? new Map<string, Place>()
      places.set(user, ofUser)
      const place = ofUser.get(key) ?? { exact: new Map(), patterns: new Map() }
      ofUser.set(key, place)
      const among = isPattern(channels) ? place.patterns : place.exact
      const held = among.get(channels) ?? { pattern, revocations: new Map() }
      among.set(channels, held)
      held.revocations.set(revocation.id, revocation)
    },
    remove({ channels, user, revocation }) {
      const key = namespaceKey(parsePattern(channels))
      const ofUser = places.get(user)
      const place = ofUser?.get(key)
      if (!ofUser || !place) return
      const among = isPattern(channels) ? place.patterns : place.exact
      const held = among.get(channels)
      held?.revocations.delete(revocation.id)
      if (held?.revocations.size === 0) among.delete(channels)
      if (place.exact.size + place.patterns.size > 0) return
      ofUser.delete(key)
      if (ofUser.size === 0) places.delete(user)
    },
    has(user, channel) {
      if (places.size === 0) return false
      const asked = isPattern(channel) ? parsePattern(channel) : undefined
      const namespace = namespaceOf(channel)
      for (const owner of user === undefined ? [undefined] : [undefined, user]) {
        const ofUser = places.get(owner)
        if (!ofUser) continue
        for (const key of [namespace, '']) {
          const place = ofUser.get(key)
          if (place && (asked ? hasOneOf(place, asked) : hasOne(place, channel))) return true
        }
      }
      return false
    },
  }
}
