export type InTurn = <T>(work: () => Promise<T>) => Promise<T>

/** Runs what it is given one after the other; a failure does not stop those behind it. */
export function serialize(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const next = last.then(work, work)
    last = next.catch(() => undefined)
    return next
  }
}

/** The same for each name by itself: one connector that takes its time holds up no other. */
export function serializeByName(): (name: string) => InTurn {
  const queues = new Map<string, { waiting: number; readonly inTurn: InTurn }>()
  return (name) => async (work) => {
    const queue = queues.get(name) ?? { waiting: 0, inTurn: serialize() }
    queues.set(name, queue)
    queue.waiting++
    try {
      return await queue.inTurn(work)
    } finally {
      queue.waiting--
      if (queue.waiting === 0) queues.delete(name)
    }
  }
}
