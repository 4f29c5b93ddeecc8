import type { Clock, MaybePromise } from '#api'

export interface LoaderOptions {
  readonly clock: Clock
  /** The most entries kept; the oldest goes first. */
  readonly max: number
  /** How long (ms) a value is good; infinite when it can never change. */
  readonly ttlMs?: number
  /** How long (ms) an answer "does not exist" is repeated without asking again. */
  readonly absentMs: number
  /** Tells "does not exist" from a failure, which is never kept. */
  isAbsent(error: unknown): boolean
  /** Whether a value past its time is better than this failure. */
  isAway?(error: unknown): boolean
}

export interface Loader<T> {
  /** Answers at once what is there, else with the promise of `load`; one for all who ask meanwhile. */
  get(key: string, load: () => Promise<T>): MaybePromise<T>
  forget(key: string): void
}

interface Entry<T> {
  /** What was loaded last, also while it is loaded again. */
  readonly value?: { readonly of: T } | undefined
  readonly absent?: unknown
  readonly pending?: Promise<T> | undefined
  /** Milliseconds since the epoch. */
  readonly goodUntil: number
}

/** A bounded cache that loads what is missing. */
export function createLoader<T>(options: LoaderOptions): Loader<T> {
  const { clock, max, ttlMs = Number.POSITIVE_INFINITY, absentMs } = options
  const entries = new Map<string, Entry<T>>()

  const store = (key: string, entry: Entry<T>): void => {
    entries.delete(key)
    entries.set(key, entry)
    if (entries.size > max) for (const oldest of entries.keys()) return void entries.delete(oldest)
  }

  async function refresh(key: string, load: () => Promise<T>, former: Entry<T> | undefined): Promise<T> {
    try {
      const value = await load()
      store(key, { value: { of: value }, goodUntil: clock.now() + ttlMs })
      return value
    } catch (error) {
      if (options.isAbsent(error)) store(key, { absent: error, goodUntil: clock.now() + absentMs })
      else if (former?.value && options.isAway?.(error)) {
        store(key, { value: former.value, goodUntil: clock.now() + absentMs })
        return former.value.of
      } else entries.delete(key)
      throw error
    }
  }

  return {
    get(key, load) {
      const entry = entries.get(key)
      if (entry?.pending) return entry.pending
      if (entry && (entry.goodUntil === Number.POSITIVE_INFINITY || clock.now() < entry.goodUntil)) {
        if (entry.value) return entry.value.of
        throw entry.absent
      }
      const pending = refresh(key, load, entry)
      store(key, { value: entry?.value, pending, goodUntil: 0 })
      return pending
    },
    forget: (key) => void entries.delete(key),
  }
}
