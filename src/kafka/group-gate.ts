import { ConnectError } from '#api'

/** Where a loop waits until something is so. */
export interface Gate {
  /** Lets whoever waits look again. */
  open(): void
  /** Resolves when `isSo` holds; rejects when closing. */
  opened(isSo: () => boolean): Promise<void>
  /** As `work`, but rejects when closing. */
  unlessClosed<T>(work: Promise<T>): Promise<T>
}

export function createGate(closing: AbortSignal): Gate {
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const each of waiting) each()
  }

  function unlessClosed<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = () => reject(new ConnectError('The membership was closed.'))
      if (closing.aborted) end()
      closing.addEventListener('abort', end, { once: true })
      work.then(resolve, reject).finally(() => closing.removeEventListener('abort', end))
    })
  }

  return {
    open: wake,
    opened: (isSo) => {
      if (isSo()) return unlessClosed(Promise.resolve())
      let look = () => {}
      const so = new Promise<void>((resolve) => {
        look = () => {
          if (isSo()) resolve()
        }
        waiting.add(look)
      })
      return unlessClosed(so).finally(() => waiting.delete(look))
    },
    unlessClosed,
  }
}
