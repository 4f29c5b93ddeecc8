import type { Revocation, RevocationChange } from '#api'
import { isPattern, matches, namespaceOf, overlap, type Pattern, parsePattern, patternNamespace } from '../channels.ts'
import type { Identity } from './auth.ts'

/** What was revoked, so that a token and a channel are looked up in it for each request. */
export interface RevocationIndex {
  apply(change: RevocationChange): void
  /** Whether the token, or all of its user's from before a moment, was revoked. */
  refuses(identity: Identity): boolean
  /** Whether the channel, or one that the pattern may match, was revoked for this client. */
  blocks(identity: Identity, channel: string): boolean
  /** The revocation of a session that is to end. */
  ofSession(session: string): Revocation | undefined
  /** Forgets what has come to its end. */
  tick(now: number): void
}

interface Blocked {
  readonly pattern: Pattern
  readonly user: string | undefined
  readonly revocation: Revocation
}

/** `now`: milliseconds since the epoch. */
export function createRevocationIndex(all: readonly Revocation[], now: () => number): RevocationIndex {
  const byId = new Map<string, Revocation>()
  const byName = new Map<string, Set<Revocation>>()
  /** By the namespace; those of any under the empty text. */
  const blocked = new Map<string, Map<string, Blocked>>()

  const inForce = ({ until }: Revocation): boolean => until === undefined || until > now()
  const some = (name: string, test: (revocation: Revocation) => boolean): boolean => {
    for (const revocation of byName.get(name) ?? []) if (inForce(revocation) && test(revocation)) return true
    return false
  }

  const end = (id: string): void => {
    const revocation = byId.get(id)
    if (!revocation) return
    byId.delete(id)
    if (revocation.of.kind === 'channels') removeFrom(blocked, namespaceKey(parsePattern(revocation.of.channels)), id)
    else removeFrom(byName, nameOf(revocation), revocation)
  }
  const make = (revocation: Revocation): void => {
    const { id, of } = revocation
    end(id)
    byId.set(id, revocation)
    if (of.kind === 'channels') {
      const pattern = parsePattern(of.channels)
      const key = namespaceKey(pattern)
      const held = blocked.get(key) ?? new Map<string, Blocked>()
      blocked.set(key, held.set(id, { pattern, user: of.user, revocation }))
    } else {
      const name = nameOf(revocation)
      byName.set(name, (byName.get(name) ?? new Set()).add(revocation))
    }
  }
  for (const revocation of all) make(revocation)

  return {
    apply(change) {
      if (change.made) make(change.made)
      else end(change.ended)
    },
    refuses({ client, isAuthenticated, tokenId, issuedAt }) {
      if (byName.size === 0) return false
      if (tokenId !== undefined && some(`token ${tokenId}`, always)) return true
      // What does not say when it was issued may be from before.
      return isAuthenticated && some(`user ${client}`, ({ at }) => issuedAt === undefined || issuedAt <= at)
    },
    blocks({ client, isAuthenticated }, channel) {
      if (blocked.size === 0) return false
      const asked = isPattern(channel) ? parsePattern(channel) : undefined
      for (const key of [namespaceOf(channel), '']) {
        for (const { pattern, user, revocation } of blocked.get(key)?.values() ?? []) {
          if (user !== undefined && !(isAuthenticated && user === client)) continue
          if (!inForce(revocation)) continue
          if (asked ? overlap(pattern, asked) : matches(pattern, channel)) return true
        }
      }
      return false
    },
    ofSession(session) {
      for (const revocation of byName.get(`session ${session}`) ?? []) if (inForce(revocation)) return revocation
      return undefined
    },
    tick() {
      for (const revocation of byId.values()) if (!inForce(revocation)) end(revocation.id)
    },
  }
}

const always = (): boolean => true

/** Two kinds cannot be mistaken for each other: the kind has no blank. */
function nameOf({ of }: Revocation): string {
  switch (of.kind) {
    case 'user':
      return `user ${of.user}`
    case 'session':
      return `session ${of.session}`
    case 'token':
      return `token ${of.token}`
    case 'channels':
      return `channels ${of.channels}`
  }
}

const namespaceKey = (pattern: Pattern): string => patternNamespace(pattern) ?? ''

function removeFrom<I>(
  all: Map<string, { delete(item: I): boolean; readonly size: number }>,
  name: string,
  item: I,
): void {
  const held = all.get(name)
  held?.delete(item)
  if (held?.size === 0) all.delete(name)
}
