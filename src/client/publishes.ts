import type { Connection } from './connection.ts'
import { ClientError } from './error.ts'
import type { ErrorFrame, PublishedFrame } from './frames.ts'
import type { Timers } from './options.ts'

export interface PublishOptions {
  /** The key of the record. */
  readonly key?: string | undefined
  /**
   * Grows with each message; makes it safe to send this one again, so the client does so by itself after a break, and when the gate
   * cannot take it for the moment: the lowest first, so that the gate's order is that of the numbers.
   */
  readonly messageId?: number | undefined
}

export interface Published {
  /** The gate had this `messageId` already. */
  readonly duplicate: boolean
  /** Only where the gate's namespace exposes them. */
  readonly coordinates?: { readonly topic: string; readonly partition: number; readonly offset: string } | undefined
}

interface Pending {
  readonly messageId: number | undefined
  /** Channel, data, key and number as JSON, with the opening brace. */
  readonly text: string
  readonly resolve: (published: Published) => void
  readonly reject: (error: ClientError) => void
  sent: boolean
}

export interface Publishes {
  /** Sends, or holds until `connected` when `connection` is undefined. Rejects with a `TypeError` for what is no JSON. */
  add(channel: string, data: unknown, options: PublishOptions): Promise<Published>
  /**
   * Sends what waited, the numbered ones in the order of their numbers; never so many at once that the gate stops reading,
   * since it could not hear a pong either.
   */
  connected(connection: Connection, window: number | undefined): void
  /** The connection ended: those without a number are rejected, since nobody knows whether they arrived. */
  disconnected(): void
  /** True when the answer was to a publish. */
  answer(frame: PublishedFrame | ErrorFrame): boolean
  rejectAll(error: ClientError): void
}

/** How long (ms) the numbered ones wait after one was refused for a while, when the gate does not say. */
const againMs = 250

const byNumber = (a: Pending, b: Pending): number =>
  (a.messageId ?? Number.MAX_VALUE) - (b.messageId ?? Number.MAX_VALUE)

/** The publishes that wait for an answer, `limit` at most. */
export function trackPublishes(limit: number, timers: Timers): Publishes {
  let connection: Connection | undefined
  let answers = new Map<number, Pending>()
  const waiting = new Set<Pending>()
  let unsent: Pending[] = []
  let mostSent = Number.POSITIVE_INFINITY
  /** While numbered ones wait because one of them was refused for a while. */
  let pause: { readonly timer: unknown } | undefined

  const send = (pending: Pending, through: Connection): void => {
    const id = through.nextId()
    answers.set(id, pending)
    pending.sent = true
    through.sendText(`{"type":"publish","id":${id},${pending.text.slice(1)}`)
  }

  const sendNext = (through: Connection): void => {
    while (answers.size < mostSent) {
      const at = pause ? unsent.findIndex(({ messageId }) => messageId === undefined) : 0
      const [next] = at < 0 ? [] : unsent.splice(at, 1)
      if (!next) return
      send(next, through)
    }
  }

  const add = (pending: Pending): void => {
    const { messageId } = pending
    const at = messageId === undefined ? -1 : unsent.findIndex((other) => (other.messageId ?? -1) > messageId)
    unsent.splice(at < 0 ? unsent.length : at, 0, pending)
  }

  const endPause = (): void => {
    if (pause) timers.clear(pause.timer)
    pause = undefined
  }

  const sendAgain = (pending: Pending, afterMs: number): void => {
    add(pending)
    const resume = (): void => {
      pause = undefined
      if (connection) sendNext(connection)
    }
    pause ??= { timer: timers.set(resume, afterMs) }
  }

  return {
    add(channel, data, { key, messageId }) {
      if (waiting.size >= limit) {
        const message = `${limit} publishes wait for an answer already; publish more slowly.`
        return Promise.reject(new ClientError(message, { code: 'too_many_pending', retryable: true }))
      }
      return new Promise((resolve, reject) => {
        // At once: what cannot be serialised is this caller's error, and must not come up at every reconnect.
        const text = JSON.stringify({ channel, data: data ?? null, key, messageId })
        const pending = { messageId, text, resolve, reject, sent: false }
        waiting.add(pending)
        if (!connection) return
        add(pending)
        sendNext(connection)
      })
    },
    connected(fresh, window = Number.POSITIVE_INFINITY) {
      connection = fresh
      mostSent = Math.max(1, window - 1)
      endPause()
      unsent = [...waiting].toSorted(byNumber)
      sendNext(fresh)
    },
    disconnected() {
      connection = undefined
      endPause()
      unsent = []
      answers = new Map()
      for (const pending of waiting) {
        if (pending.messageId !== undefined) continue
        waiting.delete(pending)
        const message = pending.sent
          ? 'The connection ended before the answer came; the message may have arrived or not.'
          : 'There is no connection; the message was not sent.'
        pending.reject(new ClientError(message, { code: 'disconnected', retryable: true }))
      }
    },
    answer(frame) {
      const pending = frame.id === undefined ? undefined : answers.get(frame.id)
      if (frame.id === undefined || !pending) return false
      answers.delete(frame.id)
      if (frame.type === 'error' && frame.retryable && pending.messageId !== undefined) {
        sendAgain(pending, frame.retryAfter ?? againMs)
        return true
      }
      waiting.delete(pending)
      if (connection) sendNext(connection)
      if (frame.type === 'error') pending.reject(new ClientError(frame.message, frame))
      else pending.resolve({ duplicate: frame.duplicate ?? false, coordinates: frame.coordinates })
      return true
    },
    rejectAll(error) {
      for (const pending of waiting) pending.reject(error)
      endPause()
      waiting.clear()
      unsent = []
      answers = new Map()
    },
  }
}
