export type InTurn = <T>(work: () => Promise<T>) => Promise<T>

/** Runs what it is given one after the other; a failure does not stop those behind it. */
function serialize(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const next = last.then(work, work)
    last = next.catch(() => undefined)
    return next
  }
}

export interface Queues {
  of(name: string): InTurn
  /** Resolves once all that was given until then, and what came meanwhile, is done. */
  idle(): Promise<void>
}

/** The same for each name by itself: one connector that takes its time holds up no other. */
export function serializeByName(): Queues {
  const queues = new Map<string, { waiting: number; readonly inTurn: InTurn }>()
  return {
    of: (name) => async (work) => {
      const queue = queues.get(name) ?? { waiting: 0, inTurn: serialize() }
      queues.set(name, queue)
      queue.waiting++
      try {
        return await queue.inTurn(work)
      } finally {
        queue.waiting--
        if (queue.waiting === 0) queues.delete(name)
      }
    },
    async idle() {
      while (queues.size > 0) await Promise.all([...queues.values()].map(({ inTurn }) => inTurn(async () => undefined)))
    },
  }
}
