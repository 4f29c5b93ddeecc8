import type { LimitSettings } from '../settings.ts'
import { createTokenBucket } from './token-bucket.ts'

/** What comes from one connection, held to its rates and its times. */
export interface Inbound {
  /** A whole frame came, a ping or pong of the socket included; `received` bytes have come so far. */
  took(received: number, now: number): void
  /** Whether nothing more is to be read for now. */
  isOver(now: number): boolean
  /** Looks at it as time passes; `unended` is the message that has begun and not ended. */
  look(received: number, unended: number | undefined, now: number): 'message_rate' | 'frame_timeout' | undefined
  /** Whether a request beside publications and pings may be made; it counts. */
  mayAsk(now: number): boolean
  askAgainMs(now: number): number
  /** When the last frame came that was no answer to a ping. */
  spokeAt(): number
  spoke(now: number): void
}

/** `received` counts what is on the wire, so that headers, fragments and what is never finished count too. */
export function createInbound(limits: LimitSettings, receivedBefore: number, startsAt: number): Inbound {
  const { messagesPerS, bytesPerS, requestsPerS, subscriptionsPerSession } = limits
  const messages = createTokenBucket(messagesPerS, 2 * messagesPerS, startsAt)
  const bytes = createTokenBucket(bytesPerS, 2 * bytesPerS, startsAt)
  const requests = createTokenBucket(requestsPerS, Math.max(requestsPerS, 2 * subscriptionsPerSession), startsAt)
  let counted = receivedBefore
  let part: { readonly of: number; readonly since: number } | undefined
  let overSince: number | undefined
  let spokeAt = startsAt

  const count = (received: number, now: number): void => {
    if (received > counted) bytes.take(received - counted, now)
    counted = received
  }
  const isOver = (now: number): boolean => messages.level(now) < 0 || bytes.level(now) < 0
  /** Who has more to spare than a second brings was not held back without a pause. */
  const isRelieved = (now: number): boolean =>
    messages.level(now) >= 1.5 * messagesPerS && bytes.level(now) >= 1.5 * bytesPerS

  return {
    took(received, now) {
      count(received, now)
      messages.take(1, now)
      if (isOver(now)) overSince ??= now
    },
    isOver,
    look(received, unended, now) {
      count(received, now)
      if (isOver(now)) overSince ??= now
      else if (isRelieved(now)) overSince = undefined
      if (limits.overRateMs > 0 && overSince !== undefined && overSince + limits.overRateMs <= now)
        return 'message_rate'
      // Of what is not read nobody can say that it does not come.
      if (unended === undefined || isOver(now)) part = undefined
      else if (part?.of !== unended) part = { of: unended, since: now }
      return part && part.since + limits.frameTimeoutMs <= now ? 'frame_timeout' : undefined
    },
    mayAsk(now) {
      if (requests.level(now) < 1) return false
      requests.take(1, now)
      return true
    },
    askAgainMs: (now) => requests.waitMs(1, now),
    spokeAt: () => spokeAt,
    spoke(now) {
      spokeAt = now
    },
  }
}
