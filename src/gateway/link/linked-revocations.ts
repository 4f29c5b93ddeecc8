import type { Revocation, RevocationChange, RevocationLog } from '#api'
import type { ToGate } from './messages.ts'

export type RevocationMessage = Extract<ToGate, { t: 'revocations' | 'revoked' | 'revocationEnded' }>

/** What the workers that are linked to a gate say is revoked. */
export interface LinkedRevocations extends Pick<RevocationLog, 'all' | 'onChange'> {
  /** Takes what the worker behind the link told. */
  take(link: object, message: RevocationMessage): void
  linkEnded(link: object): void
}

export function createLinkedRevocations(): LinkedRevocations {
  const held = new Map<string, Revocation>()
  const listeners = new Set<(change: RevocationChange) => void>()
  /** Of workers in the middle of their lists, what they listed. */
  const listing = new Map<object, Set<string>>()
  /** Workers that have told all that they have. */
  const known = new Set<object>()
  const apply = (change: RevocationChange): void => {
    const { made, ended } = change
    if (made ? JSON.stringify(held.get(made.id)) === JSON.stringify(made) : !held.has(ended)) return
    if (made) held.set(made.id, made)
    else held.delete(ended)
    for (const tell of listeners) tell(change)
  }
  const listed = (link: object, ids: ReadonlySet<string>): void => {
    listing.delete(link)
    known.delete(link)
    // What ended was told to whoever was linked: what only one of several does not list it has not heard of yet.
    if (known.size === 0) for (const id of held.keys()) if (!ids.has(id)) apply({ ended: id })
    known.add(link)
  }
  return {
    all: () => [...held.values()],
    onChange(tell) {
      listeners.add(tell)
      return () => void listeners.delete(tell)
    },
    take(link, message) {
      switch (message.t) {
        case 'revocations': {
          const ids = (message.isFirst ? undefined : listing.get(link)) ?? new Set()
          listing.set(link, ids)
          for (const made of message.page) {
            ids.add(made.id)
            apply({ made })
          }
          if (message.isLast) listed(link, ids)
          return
        }
        case 'revoked':
          listing.get(link)?.add(message.revocation.id)
          return apply({ made: message.revocation })
        case 'revocationEnded':
          return apply({ ended: message.id })
      }
    },
    linkEnded(link) {
      listing.delete(link)
      known.delete(link)
    },
  }
}
