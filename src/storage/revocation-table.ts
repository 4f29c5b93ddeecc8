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

export function createRevocationTable(max: number, clock: Clock): RevocationTable {
  const held = new Map<string, Revocation>()
  const listeners = new Set<(change: RevocationChange) => void>()
  const isOver = ({ until }: Revocation): boolean => until !== undefined && until <= clock.now()
  const table: RevocationTable = {
    all: () => [...held.values()].filter((revocation) => !isOver(revocation)),
    onChange(tell) {
      listeners.add(tell)
      return () => void listeners.delete(tell)
    },
    apply(change) {
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
      if (held.has(id) || held.size < max) return
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
