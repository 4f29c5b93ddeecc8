import { randomUUID } from 'node:crypto'
import type { GatePeers } from '../peers.ts'

/** A question of one gate to all others, as it travels; the number tells a gate that hears it twice, by two workers. */
export interface Question {
  readonly id: string
  readonly what: string
  /** base64. */
  readonly body: string
  readonly timeoutMs: number
}

/** null: not in time. */
export type Answers = readonly (string | null)[]

export const maxAskMs = 30_000
const maxRemembered = 10_000

/** The questions of this gate, and its answers to those of others. */
export interface Asking {
  readonly peers: GatePeers
  /** Answers another's question; nothing when it was answered before, or nobody here knows. */
  answer(question: Question): Promise<Answers>
}

export function createAsking(askOthers: (question: Question) => Promise<Answers>): Asking {
  const handlers = new Map<string, (body: Buffer) => Buffer>()
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
        const question = { id: randomUUID(), what, body: body.toString('base64'), timeoutMs }
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
    async answer({ id, what, body }) {
      const handle = handlers.get(what)
      if (!handle || !isNew(id)) return []
      return [handle(Buffer.from(body, 'base64')).toString('base64')]
    },
  }
}
