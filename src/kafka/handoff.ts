/** A bounded queue between one who fills it and one who polls it. */
export interface Handoff<T> {
  push(item: T): void
  /** Everything queued, oldest first, as long as `fits` says so (always at least one). */
  take(fits: (item: T) => boolean): T[]
  /** Takes these out without handing them on; gives them back, oldest first. */
  drop(unwanted: (item: T) => boolean): T[]
  readonly size: number
  /** Wakes whoever waits in `filled`, to look at something else than the queue. */
  nudge(): void
  /** Resolves when there is something, after a nudge, after `maxWaitMs`, or when `signal` aborts. */
  filled(maxWaitMs: number, signal: AbortSignal): Promise<void>
  /** Resolves when fewer than `limit` items are queued, or after `maxWaitMs`. */
  drained(limit: number, maxWaitMs: number): Promise<void>
}

export function createHandoff<T>(): Handoff<T> {
  let items: T[] = []
  const onFilled = new Set<() => void>()
  const onDrained = new Set<() => void>()
  const wake = (waiters: Set<() => void>) => {
    for (const waiter of waiters) waiter()
  }

  function wait(waiters: Set<() => void>, done: () => boolean, maxWaitMs: number, signal?: AbortSignal): Promise<void> {
    if (done() || signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer)
        waiters.delete(finish)
        signal?.removeEventListener('abort', finish)
        resolve()
      }
      const timer = setTimeout(finish, maxWaitMs)
      waiters.add(finish)
      signal?.addEventListener('abort', finish)
    })
  }

  return {
    push(item) {
      items.push(item)
      wake(onFilled)
    },
    take(fits) {
      const end = items.findIndex((item, index) => !fits(item) && index > 0)
      const taken = items.splice(0, end === -1 ? items.length : end)
      wake(onDrained)
      return taken
    },
    drop(unwanted) {
      const dropped = items.filter(unwanted)
      items = items.filter((item) => !dropped.includes(item))
      wake(onDrained)
      return dropped
    },
    get size() {
      return items.length
    },
    nudge: () => wake(onFilled),
    filled: (maxWaitMs, signal) => wait(onFilled, () => items.length > 0, maxWaitMs, signal),
    drained: (limit, maxWaitMs) => wait(onDrained, () => items.length < limit, maxWaitMs),
  }
}
