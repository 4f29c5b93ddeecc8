import type { Clock, IngressAnswer, SourceRecord } from '#api'
import { createBell } from '../common/bell.ts'
import { busy, kafkaUnavailable, paused, shuttingDown, tooLarge } from './ingress-answers.ts'

/** A message on its way into Kafka: it has its place until it is answered. */
export interface Place {
  readonly answered: Promise<IngressAnswer>
  /** The first answer counts. */
  answer(answer: IngressAnswer): void
}

export interface IngressQueueOptions {
  readonly maxMessages: number
  readonly maxBytes: number
  /** A message that has waited this long (ms) for Kafka closes the door for others. */
  readonly stallMs: number
  readonly clock: Clock
}

/** Messages that wait for Kafka's acknowledgement, bounded in number and bytes. */
export function createIngressQueue({ maxMessages, maxBytes, stallMs, clock }: IngressQueueOptions) {
  /** In the order of arrival, with the time of arrival. */
  const places = new Map<Place, number>()
  const queue: SourceRecord[] = []
  const bell = createBell(clock)
  let bytes = 0
  let kafkaAway = false
  let isPaused = false
  let closed = false

  const oldest = (): number => {
    for (const since of places.values()) return since
    return clock.now()
  }

  return {
    /** Why a message of this size cannot be taken now; undefined: it can. */
    refusal(size: number): IngressAnswer | undefined {
      if (closed) return shuttingDown
      if (isPaused) return paused
      if (kafkaAway || clock.now() - oldest() > stallMs) return kafkaUnavailable
      if (size > maxBytes) return tooLarge(maxBytes)
      if (places.size >= maxMessages || bytes + size > maxBytes) return busy
      return undefined
    },
    /** `settle` hears the answer before anybody who waits for it. */
    enter(size: number, settle?: (answer: IngressAnswer) => void): Place {
      let resolve: ((answer: IngressAnswer) => void) | undefined
      const answered = new Promise<IngressAnswer>((fulfil) => {
        resolve = fulfil
      })
      const place: Place = {
        answered,
        answer(answer) {
          if (!places.delete(place)) return
          bytes -= size
          settle?.(answer)
          resolve?.(answer)
        },
      }
      places.set(place, clock.now())
      bytes += size
      return place
    },
    /** Hands a record, tagged with its place, to the next `take`. */
    offer(record: SourceRecord): void {
      queue.push(record)
      bell.ring()
    },
    /** Waits until there is a record, at most `ms`. */
    async take(max: number, ms: number, signal: AbortSignal): Promise<readonly SourceRecord[]> {
      if (queue.length === 0) await bell.wait(ms, signal)
      return signal.aborted ? [] : queue.splice(0, max)
    },
    upstream(reachable: boolean): void {
      kafkaAway = !reachable
    },
    /** While paused nothing new is taken, since nobody would fetch it; what waits goes on waiting. */
    pause(now: boolean): void {
      isPaused = now
    },
    /** Takes no more and answers all that wait. */
    close(): void {
      closed = true
      queue.length = 0
      for (const place of places.keys()) place.answer(shuttingDown)
    },
  }
}
