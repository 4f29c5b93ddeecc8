import type { Clock, Logger } from '#api'
import { isRetriable, messageOf } from '#api'
import { backoffDelay } from '../util/backoff.ts'
import { within } from '../util/within.ts'

export interface Newest {
  readonly key: string
  readonly value: string | null
  /** Asked when it could not be written and is about to be tried again. */
  readonly stillWanted: () => boolean
}

/** Writes in the background, of each key the newest alone, and again until it is written. */
export interface NewestWriter {
  put(item: Newest): void
  /** Resolves when all is written, or `timeoutMs` have passed. */
  flush(timeoutMs: number): Promise<void>
  /** What is not sent by now is not written; what is being sent has 2 s. */
  close(): Promise<void>
}

/** The most keys that wait to be written; more are logged and left out. */
const mostWaiting = 100_000
const mostAtOnce = 500
/** How long (ms) `close` waits for what is being sent: a Kafka that does not answer holds nobody up. */
const closeMs = 2000
const backoff = { initialMs: 100, maxMs: 5000 }

export function createNewestWriter(
  send: (items: readonly Newest[]) => Promise<unknown>,
  { log, clock }: { readonly log: Logger; readonly clock: Clock },
): NewestWriter {
  const waiting = new Map<string, Newest>()
  const closed = new AbortController()
  let writing: Promise<void> | undefined

  /** A refused record keeps no other from being written. */
  async function sendEach(items: readonly Newest[]): Promise<void> {
    for (const item of items) {
      try {
        await send([item])
      } catch (error) {
        if (isRetriable(error)) throw error
        log.error({ key: item.key, reason: messageOf(error) }, 'a status could not be written')
      }
    }
  }

  async function sendAll(items: readonly Newest[]): Promise<void> {
    try {
      await send(items)
    } catch (error) {
      if (isRetriable(error)) throw error
      await sendEach(items)
    }
  }

  async function write(): Promise<void> {
    let failures = 0
    try {
      while (waiting.size > 0 && !closed.signal.aborted) {
        const items = [...waiting.values()].slice(0, mostAtOnce)
        for (const { key } of items) waiting.delete(key)
        try {
          await sendAll(items)
          failures = 0
        } catch (error) {
          log.warn(
            { keys: items.length, reason: messageOf(error) },
            'statuses could not be written and are tried again',
          )
          await clock.sleep(backoffDelay(failures++, backoff), closed.signal)
          for (const item of items) if (!waiting.has(item.key) && item.stillWanted()) waiting.set(item.key, item)
        }
      }
    } finally {
      // In the same step as the look at `waiting`, so that nothing is put in between and stays.
      writing = undefined
    }
  }

  const idle = async (): Promise<void> => {
    while (writing) await writing
  }

  return {
    put(item) {
      if (closed.signal.aborted) return
      if (waiting.size >= mostWaiting && !waiting.has(item.key)) {
        log.error({ key: item.key, waiting: waiting.size }, 'a status is left out: too many wait to be written')
        return
      }
      waiting.delete(item.key)
      waiting.set(item.key, item)
      writing ??= write()
    },
    async flush(timeoutMs) {
      if (!(await within(timeoutMs, idle(), clock))) log.warn({ waiting: waiting.size }, 'statuses are not written yet')
    },
    async close() {
      closed.abort()
      if (!(await within(closeMs, idle(), clock)))
        log.warn({}, 'statuses that were being written are left to themselves')
    },
  }
}
