import type { FastifyInstance } from 'fastify'

export interface CorsRules {
  /** Origins of pages that may read answers, such as `https://tools.example`; `*`: any. */
  readonly origins: readonly string[]
  /** Methods that a preflight is told; none: GET, POST and HEAD. */
  readonly methods: readonly string[]
}

const standardMethods = ['GET', 'POST', 'HEAD']

/**
 * Kafka Connect's CORS. An origin is compared as text, while Java takes it for a regular expression. A preflight is answered like any other
 * OPTIONS, so credentials are asked for there too. No origin is ever allowed to send cookies or passwords of its own accord.
 */
export function addCors(app: FastifyInstance, { origins, methods }: CorsRules): void {
  const allowed = new Set(origins)
  app.addHook('onRequest', async ({ method, headers }, reply) => {
    void reply.header('vary', 'Origin')
    const { origin } = headers
    if (origin === undefined || !(allowed.has('*') || allowed.has(origin))) return
    void reply.header('access-control-allow-origin', origin)
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return
    void reply.headers({
      'access-control-allow-methods': (methods.length > 0 ? methods : standardMethods).join(','),
      'access-control-allow-headers': 'Content-Type',
      'access-control-max-age': '60',
    })
  })
}
