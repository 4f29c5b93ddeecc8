import type { Clock, Revocation, RevocationChange, RevocationLog } from '#api'
import type { ToGate } from './messages.ts'

export type RevocationMessage = Extract<ToGate, { t: 'revocations' | 'revoked' | 'revocationEnded' }>

/** What the workers of a gate say is revoked: all that any of them says, for some may hear of it late. */
export interface LinkedRevocations extends Pick<RevocationLog, 'all' | 'onChange'> {
  /** The worker behind the link said its name. */
  linkBegan(link: object, worker: string): void
  /** Takes what the worker behind the link told. */
  take(link: object, message: RevocationMessage): void
  linkEnded(link: object): void
}

/** What one worker has told. */
interface Told {
  readonly revocations: Map<string, Revocation>
  link: object | undefined
  /** The ids of the list that it is in the middle of. */
  listing: Set<string> | undefined
  goneAt: number
}

/** What workers told that are gone holds on, for it may be that no other has heard of it: of so many, and for so long (ms). */
const [mostGone, goneMs] = [16, 86_400_000]

export function createLinkedRevocations(clock: Pick<Clock, 'now'>): LinkedRevocations {
  const held = new Map<string, Revocation>()
  const listeners = new Set<(change: RevocationChange) => void>()
  /** By their names; those that are gone in the order in which they went. */
  const workers = new Map<string, Told>()
  const nameOf = new WeakMap<object, string>()

  const settle = (id: string): void => {
    let newest: Revocation | undefined
    for (const { revocations } of workers.values()) newest = newerOf(newest, revocations.get(id))
    if (isSame(held.get(id), newest)) return
    if (newest) held.set(id, newest)
    else held.delete(id)
    for (const tell of listeners) tell(newest ? { made: newest } : { ended: id })
  }
  const make = (told: Told, made: Revocation): void => {
    told.listing?.add(made.id)
    const known = held.get(made.id)
    // Many workers tell the same, which is kept once.
    told.revocations.set(made.id, known && isSame(known, made) ? known : made)
    settle(made.id)
  }
  const end = (told: Told, id: string): void => {
    const ended = told.revocations.get(id)
    if (!ended) return
    // Another may have told that the same was revoked anew.
    for (const { revocations } of workers.values()) {
      if ((revocations.get(id)?.at ?? Number.POSITIVE_INFINITY) <= ended.at) revocations.delete(id)
    }
    settle(id)
  }
  const forgetGone = (): void => {
    const gone = [...workers].filter(([, { link }]) => !link)
    for (const [index, [name, { goneAt, revocations }]] of gone.entries()) {
      if (goneAt + goneMs > clock.now() && gone.length - index <= mostGone) continue
      workers.delete(name)
      for (const id of revocations.keys()) settle(id)
    }
  }
  return {
    all: () => [...held.values()],
    onChange(tell) {
      listeners.add(tell)
      return () => void listeners.delete(tell)
    },
    linkBegan(link, worker) {
      const told = workers.get(worker) ?? { revocations: new Map(), link, listing: undefined, goneAt: 0 }
      told.link = link
      workers.set(worker, told)
      nameOf.set(link, worker)
    },
    take(link, message) {
      const told = workers.get(nameOf.get(link) ?? '')
      if (told?.link !== link) return
      switch (message.t) {
        case 'revocations': {
          if (message.isFirst) told.listing = new Set()
          for (const made of message.page) make(told, made)
          if (!message.isLast) return
          const { listing } = told
          told.listing = undefined
          for (const id of told.revocations.keys()) if (!listing?.has(id)) end(told, id)
          return forgetGone()
        }
        case 'revoked':
          return make(told, message.revocation)
        case 'revocationEnded':
          return end(told, message.id)
      }
    },
    linkEnded(link) {
      const name = nameOf.get(link) ?? ''
      const told = workers.get(name)
      if (told?.link !== link) return
      Object.assign(told, { link: undefined, listing: undefined, goneAt: clock.now() })
      workers.delete(name)
      workers.set(name, told)
      forgetGone()
    },
  }
}

/** The one that was made later; of two at once the one that lasts. */
function newerOf(a: Revocation | undefined, b: Revocation | undefined): Revocation | undefined {
  if (!a || !b) return a ?? b
  if (a.at !== b.at) return a.at > b.at ? a : b
  return (a.until ?? Number.POSITIVE_INFINITY) >= (b.until ?? Number.POSITIVE_INFINITY) ? a : b
}

const isSame = (a: Revocation | undefined, b: Revocation | undefined): boolean =>
  a === b || JSON.stringify(a) === JSON.stringify(b)
