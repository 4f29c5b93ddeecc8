import { RetriableError } from '#api'
import { LinkAwayError, LinkError } from './link-error.ts'

/** Questions under way to the other end of one link. */
export interface Calls {
  /**
   * `send` gets the number to ask under. Rejects with `LinkAwayError` when the link ends first; never settles once nobody waits any more,
   * which the signal tells.
   */
  ask(send: (call: number) => void, signal?: AbortSignal): Promise<unknown>
  answered(call: number, value: unknown): void
  failed(call: number, failure: { readonly message: string; readonly retriable: boolean }): void
  /** For what is answered in several parts: a number of its own. */
  number(): number
  end(): void
}

export function createCalls(): Calls {
  const open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let last = 0
  let hasEnded = false
  return {
    ask(send, signal) {
      if (hasEnded) return Promise.reject(new LinkAwayError(away))
      const call = ++last
      return new Promise((resolve, reject) => {
        open.set(call, { resolve, reject })
        signal?.addEventListener('abort', () => open.delete(call), { once: true })
        send(call)
      })
    },
    answered(call, value) {
      open.get(call)?.resolve(value)
      open.delete(call)
    },
    failed(call, failure) {
      open.get(call)?.reject(toError(failure))
      open.delete(call)
    },
    number: () => ++last,
    end() {
      hasEnded = true
      for (const { reject } of open.values()) reject(new LinkAwayError(away))
      open.clear()
    },
  }
}

export const away = 'The link to the worker is away; it comes back by itself.'

export const toError = ({ message, retriable }: { readonly message: string; readonly retriable: boolean }): Error =>
  retriable ? new RetriableError(message) : new LinkError(message)
