import { type Clock, type IngressAnswer, type Logger, messageOf, RetriableError } from '#api'
import { createBell } from '../common/bell.ts'
import type { DoorSessions } from './door-order.ts'
import { kafkaUnavailable, outOfOrder, producerTakenOver, shuttingDown } from './ingress-answers.ts'
import { producerName } from './lane-of.ts'
import { decodeLaneAnswers, encodeLaneCall, type LaneAnswer, type LaneItem } from './lane-wire.ts'

export interface LaneLineOptions {
  readonly lane: number
  readonly lanes: number
  /** This door's. */
  readonly url: string
  /** Nothing waits longer (ms) for an answer than twice this. */
  readonly stallMs: number
  readonly sessions: DoorSessions
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
  call(body: Buffer, signal: AbortSignal): Promise<Buffer>
  /** Another connection of its producer came. */
  closeProducer(session: string): void
}

/** What waits at a door for one lane. One call is under way at a time, so that nothing overtakes. */
export interface LaneLine {
  /** Resolves with the lane's answer, or with a retryable one. */
  add(item: LaneItem): Promise<IngressAnswer>
  /** Resolves when everything is answered and nothing is under way; the signal has aborted before. */
  readonly ended: Promise<void>
}

interface Waiting {
  readonly item: LaneItem
  readonly size: number
  readonly since: number
  answer(answer: IngressAnswer): void
}

const maxBatch = 500
const maxBatchBytes = 1_048_576
const idleMs = 60_000
/** The pause (ms) before the first further try, doubled for each to this many. */
const [pauseMs, maxPauseMs] = [50, 500]

export function createLaneLine(options: LaneLineOptions): LaneLine {
  const { lane, lanes, url, stallMs, sessions, clock, log, signal } = options
  const line: Waiting[] = []
  const bell = createBell(clock)
  let failures = 0

  const tell = ({ item, answer }: Waiting, given: IngressAnswer): void => {
    if (item.kind === 'publish') sessions.answered(item.from, given)
    answer(given)
  }

  const answer = (waiting: Waiting, given: IngressAnswer): void => {
    const { item } = waiting
    tell(waiting, given)
    if (given.ok || !given.retryable || item.kind === 'claim' || item.from.messageId === undefined) return
    // It comes again behind those that wait: they may not go before it.
    for (const other of line.filter((each) => isBehind(each.item, item))) {
      line.splice(line.indexOf(other), 1)
      tell(other, outOfOrder(item.from.messageId))
    }
  }

  /** What nobody waits for any more must not come to the lane as if its connection were the producer's newest. */
  const dropGone = (): void => {
    for (const waiting of line.filter(({ item }) => sessions.of(item.from.session).isGone)) {
      line.splice(line.indexOf(waiting), 1)
      tell(waiting, shuttingDown)
    }
  }

  const nextBatch = (): readonly Waiting[] => {
    let bytes = 0
    const end = line.findIndex(({ size }, at) => at >= maxBatch || (at > 0 && (bytes += size) > maxBatchBytes))
    return end < 0 ? line.slice() : line.slice(0, end)
  }

  const isBehindRefused = ({ kind, from }: LaneItem): boolean =>
    kind === 'publish' && sessions.refusal(from) !== undefined

  /** What a lane that is being stopped has left is for its successor: it is returned. */
  const deliver = (batch: readonly Waiting[], answers: readonly LaneAnswer[]): readonly Waiting[] => {
    const again: Waiting[] = []
    for (const [at, { answer: given, term }] of answers.entries()) {
      const waiting = batch[at]
      if (!waiting) continue
      const { session } = waiting.item.from
      const isLeft = !given.ok && (given.code === leftCode || again.some(({ item }) => item.from.session === session))
      if (term !== undefined) sessions.of(session).term = term
      const mayGoAgain = isRecognised(waiting.item) && !isBehindRefused(waiting.item)
      if (isLeft && given.retryable && mayGoAgain) again.push(waiting)
      else answer(waiting, given)
      if (!given.ok && given.code === takenOver) options.closeProducer(session)
    }
    return again
  }

  const send = async (batch: readonly Waiting[]): Promise<void> => {
    const items = batch.map(({ item }) => ({ ...item, term: sessions.of(item.from.session).term }))
    const done = new AbortController()
    const ends = done.signal
    const abort = (): void => done.abort()
    // Not `AbortSignal.any`, which keeps something of every batch for as long as the line lives (Node 20).
    signal.addEventListener('abort', abort, { once: true })
    const late = async (): Promise<never> => {
      await clock.sleep(stallMs, ends)
      throw new RetriableError(`Lane ${lane} did not answer within ${stallMs} ms.`)
    }
    const called = options.call(encodeLaneCall({ lanes, url, items }), ends)
    const lateness = late()
    // Whoever loses the race may still reject.
    for (const each of [called, lateness]) each.catch(() => undefined)
    try {
      const answers = decodeLaneAnswers(await Promise.race([called, lateness]), batch.length)
      line.splice(0, batch.length)
      const again = deliver(batch, answers)
      line.unshift(...again)
      if (again.length > 0) throw new RetriableError(`Lane ${lane} is being stopped.`)
    } finally {
      signal.removeEventListener('abort', abort)
      done.abort()
    }
  }

  /** Nobody knows whether the lane took them; it recognises what a producer sends again. */
  const failed = (batch: readonly Waiting[]): void => {
    const [oldest] = line
    if (oldest && clock.now() - oldest.since >= stallMs) {
      for (const waiting of line.splice(0)) tell(waiting, kafkaUnavailable)
      return
    }
    for (const waiting of batch) {
      const at = line.indexOf(waiting)
      if (at < 0 || isRecognised(waiting.item)) continue
      line.splice(at, 1)
      answer(waiting, kafkaUnavailable)
    }
  }

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      dropGone()
      if (line.length === 0) {
        await bell.wait(idleMs, signal)
        continue
      }
      const batch = nextBatch()
      try {
        await send(batch)
        failures = 0
      } catch (error) {
        if (signal.aborted) break
        if (failures++ === 0) log.warn({ lane, reason: messageOf(error) }, 'a lane does not answer, it is asked again')
        failed(batch)
        await clock.sleep(Math.min(maxPauseMs, pauseMs * 2 ** Math.min(failures, 10)), signal)
      }
    }
    for (const waiting of line.splice(0)) waiting.answer(shuttingDown)
  }

  return {
    add(item) {
      if (signal.aborted) return Promise.resolve(shuttingDown)
      return new Promise((resolve) => {
        const size = item.kind === 'publish' ? Buffer.byteLength(item.from.data) : 0
        line.push({ item, size, since: clock.now(), answer: resolve })
        bell.ring()
      })
    },
    ended: run(),
  }
}

const codeOf = (answer: IngressAnswer): string => (answer.ok ? '' : answer.code)
const [takenOver, leftCode] = [codeOf(producerTakenOver), codeOf(shuttingDown)]

/** Whether the lane knows it again when it comes a second time, wherever the lane runs by then. */
const isRecognised = (item: LaneItem): boolean =>
  item.kind === 'claim' || (producerName(item.from) !== undefined && item.from.messageId !== undefined)

function isBehind(other: LaneItem, item: LaneItem): boolean {
  if (other.kind === 'claim' || item.kind === 'claim') return false
  const [theirs, own] = [other.from, item.from]
  if (theirs.session !== own.session || theirs.messageId === undefined || own.messageId === undefined) return false
  return theirs.messageId > own.messageId
}
