import { randomUUID } from 'node:crypto'
import type { Clock } from '#api'
import type { GatePeers } from '../peers.ts'

/** A question of one gate to all others, as it travels; the number tells a gate that hears it twice, by two workers. */
export interface Question {
  readonly id: string
  readonly what: string
  /** base64. */
  readonly body: string
  readonly timeoutMs: number
  /** As `GatePeers.serve` is told it. */
  readonly from: readonly string[]
}

/** null: not in time. */
export type Answers = readonly (string | null)[]

/** How long (ms) a question may take at most, and how many answers count. */
export const maxAskMs = 30_000
const maxAnswers = 1000
/** Gates may be behind gates so deep. */
export const maxFrom = 4
const maxRemembered = 10_000

export const readAnswers = (value: unknown): Answers =>
  Array.isArray(value)
    ? value.slice(0, maxAnswers).map((answer: unknown) => (typeof answer === 'string' ? answer : null))
    : [null]

/** What those who are asked answer in time; the signal aborts when nobody waits any more. */
export async function answersInTime(
  ask: (signal: AbortSignal) => Promise<unknown>,
  { timeoutMs }: Question,
  clock: Clock,
): Promise<Answers> {
  const life = new AbortController()
  const late = clock.sleep(Math.min(timeoutMs, maxAskMs), life.signal).then((): Answers => [null])
  try {
    return await Promise.race([ask(life.signal).then(readAnswers, (): Answers => [null]), late])
  } finally {
    life.abort()
  }
}

/** The questions of this gate, and its answers to those of others. */
export interface Asking {
  readonly peers: GatePeers
  /** Answers another's question; nothing when it was answered before, or nobody here knows. */
  answer(question: Question): Promise<Answers>
}

/** `own`: what it asks itself is from there. */
export function createAsking(askOthers: (question: Question) => Promise<Answers>, own: readonly string[] = []): Asking {
  const handlers = new Map<string, Parameters<GatePeers['serve']>[1]>()
  const heard = new Set<string>()
  const isNew = (id: string): boolean => {
    if (heard.has(id)) return false
    heard.add(id)
    const [oldest] = heard
    if (heard.size > maxRemembered && oldest !== undefined) heard.delete(oldest)
    return true
  }
  return {
    peers: {
      async ask(what, body, timeoutMs) {
        const question = { id: randomUUID(), what, body: body.toString('base64'), timeoutMs, from: own }
        heard.add(question.id)
        const answers = await askOthers(question)
        return answers.map((answer) => (answer === null ? undefined : Buffer.from(answer, 'base64')))
      },
      serve(what, handle) {
        handlers.set(what, handle)
        return () => {
          if (handlers.get(what) === handle) handlers.delete(what)
        }
      },
    },
    async answer({ id, what, body, from }) {
      const handle = handlers.get(what)
      if (!handle || !isNew(id)) return []
      return [handle(Buffer.from(body, 'base64'), from).toString('base64')]
    },
  }
}
