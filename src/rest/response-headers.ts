import type { FastifyInstance } from 'fastify'
import type { Clock } from '#api'

/** One rule of Kafka Connect's `response.http.headers.config`. */
export interface HeaderRule {
  /** `set` replaces what is there, `add` comes beside it; the dates are that many milliseconds from now. */
  readonly action: 'set' | 'add' | 'setDate' | 'addDate'
  readonly name: string
  readonly value: string
}

/** Headers of every answer; what an answer says itself, such as its Content-Type, wins. */
export function addResponseHeaders(app: FastifyInstance, rules: readonly HeaderRule[], clock: Clock): void {
  app.addHook('onRequest', async (_, reply) => {
    for (const { action, name, value } of rules) {
      const text = action.endsWith('Date') ? new Date(clock.now() + Number(value)).toUTCString() : value
      const before = action.startsWith('add') ? [reply.getHeader(name) ?? []].flat().map(String) : []
      // Fastify adds to this one header by itself.
      if (name.toLowerCase() === 'set-cookie') void reply.removeHeader(name)
      void reply.header(name, before.length > 0 ? [...before, text] : text)
    }
  })
}
