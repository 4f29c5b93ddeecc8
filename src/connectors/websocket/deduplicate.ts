import type { Ingress, IngressAnswer } from '#api'
import { createIdRanges, type IdRanges } from './id-ranges.ts'
import { outOfOrder, unknownMessageId } from './ingress-answers.ts'

const maxRefused = 1024
const maxErrors = 64
const maxStoredRanges = 256

interface Producer {
  /** The highest id that has its final answer. */
  highest: number
  readonly pending: Map<number, Promise<IngressAnswer>>
  /** Ids that were refused and may be sent again, lowest first. */
  readonly refused: number[]
  readonly stored: IdRanges
  /** Final errors, so that a resend is told the same. */
  readonly errors: Map<number, IngressAnswer>
}

/**
 * Makes a retry safe within this process: ids grow for each producer (for each session when it is anonymous). A resend joins its
 * first sending while that waits and is answered `duplicate` when that was stored; behind an id that was refused for a while
 * all higher ones are refused until it comes again, so that order is kept. A lower id of which nothing is known is refused for
 * good: only what reached Kafka is called a duplicate. The least recently seen producers are forgotten first, and sessions,
 * which anybody can open, never in place of producers.
 */
export function createDeduplicator(maxProducers: number) {
  const producers = new Map<string, Producer>()
  const sessions = new Map<string, Producer>()

  const producerOf = ({ client, producer, session }: Ingress): Producer =>
    producer === undefined
      ? recall(sessions, session, maxProducers)
      : recall(producers, JSON.stringify([client, producer]), maxProducers)

  return (ingress: Ingress, accept: () => Promise<IngressAnswer>): Promise<IngressAnswer> => {
    const id = ingress.messageId
    if (id === undefined) return accept()
    const producer = producerOf(ingress)
    const pending = producer.pending.get(id)
    if (pending) return pending
    const { refused } = producer
    const again = refused.includes(id)
    if (!again && id <= producer.highest) {
      if (producer.stored.has(id)) return Promise.resolve({ ok: true, duplicate: true })
      return Promise.resolve(producer.errors.get(id) ?? unknownMessageId(id))
    }
    const [lowest] = refused
    if (lowest !== undefined && id > lowest) {
      refuse(refused, id)
      return Promise.resolve(outOfOrder(lowest))
    }
    if (again) refused.shift()
    const answered = accept().then((answer) => {
      settle(producer, id, answer)
      return answer
    })
    producer.pending.set(id, answered)
    return answered
  }
}

/** The producer of that name as the most recently seen, made when it is not known. */
function recall(producers: Map<string, Producer>, name: string, max: number): Producer {
  const producer = producers.get(name) ?? {
    highest: -1,
    pending: new Map(),
    refused: [],
    stored: createIdRanges(maxStoredRanges),
    errors: new Map(),
  }
  producers.delete(name)
  producers.set(name, producer)
  if (producers.size > max) forgetOne(producers)
  return producer
}

function settle(producer: Producer, id: number, answer: IngressAnswer): void {
  producer.pending.delete(id)
  if (!answer.ok && answer.retryable) return refuse(producer.refused, id)
  producer.highest = Math.max(producer.highest, id)
  if (answer.ok) return producer.stored.add(id)
  producer.errors.set(id, answer)
  for (const oldest of producer.errors.keys()) {
    if (producer.errors.size <= maxErrors) break
    producer.errors.delete(oldest)
  }
}

function refuse(refused: number[], id: number): void {
  if (refused.includes(id)) return
  const at = refused.findLastIndex((other) => other < id) + 1
  refused.splice(at, 0, id)
  refused.length = Math.min(refused.length, maxRefused)
}

/** The least recently seen one that waits for nothing. */
function forgetOne(producers: Map<string, Producer>): void {
  for (const [name, producer] of producers) {
    if (producer.pending.size > 0) continue
    producers.delete(name)
    return
  }
}
