/** Where a subscription stands: what it comes back with after a break. */
export interface PositionKeeper {
  /** The whole position, or nothing before the gate has told one. */
  readonly current: string | undefined
  /** Takes a whole position, or a cursor (it begins with `.`) under the epoch told last; answers the whole. */
  advance(told: string): string | undefined
  forget(): void
}

/** A position is `epoch.cursor`; messages carry the cursor alone, so that their bytes are the same for everybody. */
export function keepPosition(start?: string): PositionKeeper {
  let epoch: string | undefined
  let current: string | undefined
  const advance = (told: string): string | undefined => {
    if (!told.startsWith('.')) {
      const dot = told.indexOf('.')
      epoch = dot === -1 ? told : told.slice(0, dot)
      current = told
    } else if (epoch !== undefined) {
      current = epoch + told
    }
    return current
  }
  if (start !== undefined) advance(start)
  return {
    get current() {
      return current
    },
    advance,
    forget() {
      epoch = undefined
      current = undefined
    },
  }
}
