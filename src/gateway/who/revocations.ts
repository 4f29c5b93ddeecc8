import type { Revocation, RevocationChange, RevokedThing } from '#api'
import type { Identity } from './auth.ts'
import { createBlockedChannels } from './blocked-channels.ts'

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

/** `now`: milliseconds since the epoch. */
export function createRevocationIndex(all: readonly Revocation[], now: () => number): RevocationIndex {
  const byId = new Map<string, Revocation>()
  const byName = new Map<string, Set<Revocation>>()
  const inForce = ({ until }: Revocation): boolean => until === undefined || until > now()
  const blocked = createBlockedChannels(inForce)
  const some = (name: string, test: (revocation: Revocation) => boolean): boolean => {
    for (const revocation of byName.get(name) ?? []) if (inForce(revocation) && test(revocation)) return true
    return false
  }

  const end = (id: string): void => {
    const revocation = byId.get(id)
    if (!revocation) return
    byId.delete(id)
    const { of } = revocation
    if (of.kind === 'channels') return blocked.remove({ ...of, revocation })
    const name = nameOf(of)
    const held = byName.get(name)
    held?.delete(revocation)
    if (held?.size === 0) byName.delete(name)
  }
  const make = (revocation: Revocation): void => {
    const { id, of } = revocation
    end(id)
    byId.set(id, revocation)
    if (of.kind === 'channels') return blocked.add({ ...of, revocation })
    const name = nameOf(of)
    byName.set(name, (byName.get(name) ?? new Set()).add(revocation))
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
      return blocked.has(isAuthenticated ? client : undefined, channel)
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
function nameOf(of: Exclude<RevokedThing, { kind: 'channels' }>): string {
  switch (of.kind) {
    case 'user':
      return `user ${of.user}`
    case 'session':
      return `session ${of.session}`
    case 'token':
      return `token ${of.token}`
  }
}
