import type { IngressAnswer } from '#api'
import { createIdRanges, type IdRanges } from './id-ranges.ts'
import { outOfOrder, unknownMessageId } from './ingress-answers.ts'

const maxErrors = 64
/** More than the unanswered messages of a connection are by default (64), so that ids with gaps between them are remembered too. */
export const maxStoredRanges = 256

/** What became of one producer's ids, which grow. */
export interface ProducerIds {
  readonly stored: IdRanges
  /** The highest id that has its final answer; -1: none. */
  highest(): number
  /** The lowest id that was refused and may be sent again: no higher one is taken before. */
  lowestRefused(): number | undefined
  /** The answer that a message of this id has already or is to get at once; undefined: it is to be taken. */
  judge(id: number): Promise<IngressAnswer> | undefined
  /** It was taken, and `settle` will be called. */
  take(id: number, answered: Promise<IngressAnswer>): void
  settle(id: number, answer: IngressAnswer): void
  /** Whether nothing waits for an answer. */
  isIdle(): boolean
}

export interface StoredIds {
  readonly highest: number
  /** As `IdRanges.text`. */
  readonly stored: string
}

/**
 * A resend joins its first sending while that waits and is answered `duplicate` when that was stored; behind an id that was
 * refused for a while all higher ones are refused until it comes again, so that order is kept. A lower id of which nothing is
 * known is refused for good: only what reached Kafka is called a duplicate.
 */
export function createProducerIds(from: StoredIds = { highest: -1, stored: '' }): ProducerIds {
  const stored = createIdRanges(maxStoredRanges, from.stored)
  let { highest } = from
  const pending = new Map<number, Promise<IngressAnswer>>()
  const refused = createRefusedIds()
  /** Final errors, so that a resend is told the same. */
  const errors = new Map<number, IngressAnswer>()

  return {
    stored,
    highest: () => highest,
    lowestRefused: refused.lowest,
    judge(id) {
      const waiting = pending.get(id)
      if (waiting) return waiting
      if (!refused.has(id) && id <= highest) {
        const answer = stored.has(id) ? duplicate : (errors.get(id) ?? unknownMessageId(id))
        return Promise.resolve(answer)
      }
      const lowest = refused.lowest()
      if (lowest === undefined || id <= lowest) return undefined
      refused.add(id)
      return Promise.resolve(outOfOrder(lowest))
    },
    take(id, answered) {
      refused.remove(id)
      pending.set(id, answered)
    },
    settle(id, answer) {
      pending.delete(id)
      if (!answer.ok && answer.retryable) return refused.add(id)
      refused.remove(id)
      highest = Math.max(highest, id)
      if (answer.ok) return stored.add(id)
      errors.set(id, answer)
      for (const oldest of errors.keys()) {
        if (errors.size <= maxErrors) break
        errors.delete(oldest)
      }
    },
    isIdle: () => pending.size === 0,
  }
}

const duplicate: IngressAnswer = { ok: true, duplicate: true }

const maxRefused = 1024

/** Ids that were refused and may be sent again; the highest are forgotten beyond a limit. */
export function createRefusedIds() {
  /** Lowest first. */
  const ids: number[] = []
  return {
    lowest: (): number | undefined => ids[0],
    has: (id: number): boolean => ids.includes(id),
    add(id: number): void {
      if (ids.includes(id)) return
      ids.splice(ids.findLastIndex((other) => other < id) + 1, 0, id)
      ids.length = Math.min(ids.length, maxRefused)
    },
    remove(id: number): void {
      const at = ids.indexOf(id)
      if (at >= 0) ids.splice(at, 1)
    },
  }
}
