import type { Connection } from './connection.ts'
import { ClientError } from './error.ts'
import type { ClientFrame, ErrorFrame, ReplyFrame } from './frames.ts'

/** Questions that have one answer. */
export interface Requests {
  /** Sends now, or when connected. Rejects with what the gate answered, and as `disconnected` when the connection ends before. */
  ask(make: (id: number) => ClientFrame): Promise<ReplyFrame>
  connected(connection: Connection): void
  disconnected(): void
  /** True when the answer was to a question. */
  answer(frame: ReplyFrame | ErrorFrame): boolean
  rejectAll(error: ClientError): void
}

interface Asked {
  readonly make: (id: number) => ClientFrame
  readonly resolve: (reply: ReplyFrame) => void
  readonly reject: (error: ClientError) => void
}

/** `limit` questions at most wait for their answers. */
export function trackRequests(limit: number): Requests {
  let connection: Connection | undefined
  const unsent = new Set<Asked>()
  const sent = new Map<number, Asked>()

  const send = (asked: Asked, through: Connection): void => {
    const id = through.nextId()
    sent.set(id, asked)
    through.send(asked.make(id))
  }
  const rejectAll = (error: ClientError): void => {
    const all = [...sent.values(), ...unsent]
    sent.clear()
    unsent.clear()
    for (const { reject } of all) reject(error)
  }

  return {
    ask(make) {
      if (sent.size + unsent.size >= limit) {
        const message = `${limit} requests wait for an answer already; ask more slowly.`
        return Promise.reject(new ClientError(message, { code: 'too_many_pending', retryable: true }))
      }
      return new Promise((resolve, reject) => {
        const asked = { make, resolve, reject }
        if (connection) send(asked, connection)
        else unsent.add(asked)
      })
    },
    connected(fresh) {
      connection = fresh
      for (const asked of unsent) send(asked, fresh)
      unsent.clear()
    },
    disconnected() {
      connection = undefined
      const message = 'The connection ended before the answer came.'
      rejectAll(new ClientError(message, { code: 'disconnected', retryable: true }))
    },
    answer(frame) {
      const asked = frame.id === undefined ? undefined : sent.get(frame.id)
      if (frame.id === undefined || !asked) return false
      sent.delete(frame.id)
      if (frame.type === 'error') asked.reject(new ClientError(frame.message, frame))
      else asked.resolve(frame)
      return true
    },
    rejectAll,
  }
}
