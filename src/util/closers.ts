import type { Logger, MaybePromise } from '#api'

/** What was opened, ended in the opposite order; one failure does not keep the others from ending. */
export interface Closers {
  add(what: string, close: () => MaybePromise<void> | undefined): void
  /** Ends everything once; never rejects. */
  closeAll(): Promise<void>
}

export function createClosers(log: Logger): Closers {
  const stack: { readonly what: string; readonly close: () => MaybePromise<void> | undefined }[] = []
  let closing: Promise<void> | undefined
  const run = async (): Promise<void> => {
    for (const { what, close } of stack.toReversed()) {
      try {
        await close()
      } catch (error) {
        log.error({ what, error }, 'could not be closed in order')
      }
    }
  }
  return {
    add: (what, close) => stack.push({ what, close }),
    closeAll: () => (closing ??= run()),
  }
}
