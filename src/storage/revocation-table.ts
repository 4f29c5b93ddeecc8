import { type Clock, ConflictError, type Revocation, type RevocationChange, type RevocationLog } from '#api'

/** The revocations in force, as records or requests bring them; whoever keeps them stores around it. */
export interface RevocationTable extends Pick<RevocationLog, 'all' | 'onChange'> {
  apply(change: RevocationChange): void
  has(id: string): boolean
  /** Throws `ConflictError` when one more would be too many. */
  checkRoom(id: string): void
  /** Drops what has come to its end, and answers the ids. */
  dropEnded(): readonly string[]
}

/** What comes from elsewhere and would be too many is not held, and `onFull` is called. */
export function createRevocationTable(
  max: number,
  clock: Clock,
  onFull: (id: string) => void = () => undefined,
): RevocationTable {
  const held = new Map<string, Revocation>()
  const listeners = new Set<(change: RevocationChange) => void>()
  const isOver = ({ until }: Revocation): boolean => until !== undefined && until <= clock.now()
  const hasRoom = (id: string): boolean => {
    if (held.has(id) || held.size < max) return true
    table.dropEnded()
    return held.size < max
  }
  const table: RevocationTable = {
    all: () => [...held.values()].filter((revocation) => !isOver(revocation)),
    onChange(tell) {
      listeners.add(tell)
      return () => void listeners.delete(tell)
    },
    apply(given) {
      // What is over before it is heard of takes nobody's room.
      const change = given.made && isOver(given.made) ? { ended: given.made.id } : given
      if (change.made && !hasRoom(change.made.id)) return onFull(change.made.id)
      if (
        change.made ? JSON.stringify(held.get(change.made.id)) === JSON.stringify(change.made) : !held.has(change.ended)
      )
        return
      if (change.made) held.set(change.made.id, change.made)
      else held.delete(change.ended)
      for (const tell of listeners) tell(change)
    },
    has: (id) => held.has(id),
    checkRoom(id) {
      if (hasRoom(id)) return
      throw new ConflictError(
        `There are ${held.size} revocations, and gateway.revocations.max is ${max}: delete those that nobody needs, or give the next ones an end.`,
      )
    },
    dropEnded() {
      const ended = [...held.values()].filter(isOver).map(({ id }) => id)
      for (const id of ended) table.apply({ ended: id })
      return ended
    },
  }
  return table
}
