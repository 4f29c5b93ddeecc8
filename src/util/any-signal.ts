/**
 * Calls `use` with a signal that aborts when one of these does. `AbortSignal.any` keeps something of every call for as long as the
 * longest of these lives (Node 20), so it is for what is made once.
 */
export async function withAnySignal<T>(
  signals: readonly AbortSignal[],
  use: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const any = new AbortController()
  const listeners = signals.map((signal) => {
    const abort = (): void => any.abort(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    return () => signal.removeEventListener('abort', abort)
  })
  try {
    return await use(any.signal)
  } finally {
    for (const forget of listeners) forget()
  }
}
