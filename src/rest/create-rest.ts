import type { IncomingMessage } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { BadRequestError, type Clock, type Logger } from '#api'
import type { Herder } from '../herder/herder.ts'
import { systemClock } from '../util/clock.ts'
import type { PeerClient } from '../util/peer-client.ts'
import { addOtherMethods, addRoute, type RouteOptions } from './add-route.ts'
import { createAuthentication, type Users } from './authentication.ts'
import { answerBrokenRequest } from './broken-request.ts'
import { addCors, type CorsRules } from './cors.ts'
import { toErrorBody } from './error-mapper.ts'
import { openApi } from './openapi.ts'
import { pathOf, refuse, sendJson } from './reply.ts'
import { addResponseHeaders, type HeaderRule } from './response-headers.ts'
import type { MetricsText, Readiness, RestContext, Revoking } from './route.ts'
import { routes } from './routes/index.ts'

export interface RestOptions {
  readonly log: Logger
  /** Whether the worker has completed its startup; `/health` tells it. */
  readonly ready: () => boolean
  /** Whether clients should be sent here; `/ready` tells it. Absent: when it is ready. */
  readonly readiness?: (() => Readiness) | undefined
  /** What the worker still does before it can answer anything but what is about itself; absent, or undefined: nothing. */
  readonly starting?: (() => string | undefined) | undefined
  /** How the other workers of its cluster are reached, to which it forwards; absent: it has none. The caller closes it. */
  readonly peers?: PeerClient | undefined
  /** Tells where other machines reach this worker; `Location` uses it when a request names no host. */
  readonly advertisedUrl?: (() => string) | undefined
  /** Which paths are served; the default is all. `admin`: those under `/admin` alone; `main`: the others. */
  readonly resources?: 'all' | 'main' | 'admin' | undefined
  /** Who may use the API; absent: everybody who reaches it. */
  readonly users?: Users | undefined
  /** Throws for a request that is not to be answered, before anything else is looked at. */
  readonly guard?: ((request: IncomingMessage) => void) | undefined
  readonly cors?: CorsRules | undefined
  readonly responseHeaders?: readonly HeaderRule[] | undefined
  /** Served at `/metrics`; absent: 404 there. */
  readonly metrics?: MetricsText | undefined
  /** Absent: this worker runs no gateway. */
  readonly revoking?: Revoking | undefined
  /** Bytes of a request body; beyond it 413. */
  readonly bodyLimit?: number | undefined
  /** Milliseconds for an answer; beyond it 500, as Kafka Connect's 90 s. */
  readonly requestTimeoutMs?: number | undefined
  readonly clock?: Clock | undefined
}

const defaultBodyLimit = 1024 * 1024
const defaultRequestTimeoutMs = 90_000
/** Milliseconds for a client to send its whole request. */
export const receiveTimeoutMs = 30_000

/** The REST API over a herder, or what gives it once the worker has one; not listening yet: tests use `inject`. The caller closes it. */
export function createRest(herder: Herder | (() => Herder), options: RestOptions): FastifyInstance {
  const { log, ready, clock = systemClock, bodyLimit = defaultBodyLimit, cors, responseHeaders, metrics } = options
  const app = createApp(log, bodyLimit)
  if (cors) addCors(app, cors)
  if (responseHeaders) addResponseHeaders(app, responseHeaders, clock)
  app.addHook('onRequest', async (request) => {
    options.guard?.(request.raw)
    if (/%2f/i.test(pathOf(request))) throw new BadRequestError('Ambiguous URI path separator: a path holds no %2F')
  })
  app.addHook('onResponse', async (request, reply) => {
    const ms = Math.round(reply.elapsedTime)
    log.debug({ method: request.method, path: pathOf(request), status: reply.statusCode, ms }, 'request answered')
  })

  const served = routes.filter(({ admin = false }) =>
    options.resources === 'admin' ? admin : options.resources === 'main' ? !admin : true,
  )
  const readiness = options.readiness ?? (() => readyOrNot(ready()))
  const context: RestContext = {
    get herder() {
      return typeof herder === 'function' ? herder() : herder
    },
    log,
    clock,
    ready,
    readiness,
    metrics,
    revoking: options.revoking,
    document: openApi(served),
  }
  const routeOptions: RouteOptions = {
    advertisedUrl: options.advertisedUrl,
    limitMs: options.requestTimeoutMs ?? defaultRequestTimeoutMs,
    authenticate: options.users && createAuthentication(options.users),
    peers: options.peers,
    starting: options.starting ?? (() => undefined),
  }
  for (const route of served) addRoute(app, route, context, routeOptions)
  for (const path of new Set(served.map((route) => route.path))) addOtherMethods(app, path, served, routeOptions)
  return app
}

const readyOrNot = (ready: boolean): Readiness => ({
  ready,
  reason: ready ? 'The worker has started.' : 'The worker is still starting.',
})

/** A server without paths that refuses in Kafka Connect's words. */
function createApp(log: Logger, bodyLimit: number): FastifyInstance {
  const answerError = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const body = toErrorBody(error, request.routeOptions.bodyLimit ?? bodyLimit)
    const fields = { method: request.method, path: pathOf(request), err: error }
    if (body.error_code >= 500) log.error(fields, 'request failed')
    else log.debug(fields, 'request refused')
    sendJson(reply.code(body.error_code), body)
  }
  const app = Fastify({
    logger: false,
    bodyLimit,
    requestTimeout: receiveTimeoutMs,
    // A name may be as long as a request line can be.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 16 * 1024 },
    frameworkErrors: answerError,
    clientErrorHandler: answerBrokenRequest,
  })
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((_, reply) => refuse(reply, 404))
  app.removeAllContentTypeParsers()
  // Routes read the text themselves, so a verb that needs no body ignores what is sent with it.
  app.addContentTypeParser(['application/json', 'application/octet-stream'], { parseAs: 'buffer' }, (_, body, done) =>
    done(null, body),
  )
  return app
}
