import type { Socket } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { BadRequestError, type Clock, type Logger, toJson } from '#api'
import type { Herder } from '../herder/herder.ts'
import { systemClock } from '../util/clock.ts'
import { acceptsJson } from './accept.ts'
import { errorBody, httpMessage, toErrorBody } from './error-mapper.ts'
import type { RestContext, Route } from './route.ts'
import { routes } from './routes/index.ts'
import { withTimeLimit } from './time-limit.ts'

export interface RestOptions {
  readonly log: Logger
  /** Whether the worker has completed its startup; `/health` tells it. */
  readonly ready: () => boolean
  /** Where other machines reach this worker; `Location` uses it when a request names no host. */
  readonly advertisedUrl?: string | undefined
  /** Bytes of a request body; beyond it 413. */
  readonly bodyLimit?: number | undefined
  /** Milliseconds for an answer; beyond it 500, as Kafka Connect's 90 s. */
  readonly requestTimeoutMs?: number | undefined
  readonly clock?: Clock | undefined
}

const defaultBodyLimit = 1024 * 1024
const defaultRequestTimeoutMs = 90_000
/** Milliseconds for a client to send its whole request. */
const receiveTimeoutMs = 30_000

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** The REST API over a herder, not listening yet: tests use `inject`. The caller closes it. */
export function createRest(herder: Herder, options: RestOptions): FastifyInstance {
  const { log, ready, clock = systemClock, bodyLimit = defaultBodyLimit } = options
  const answerError = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const body = toErrorBody(error, bodyLimit)
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
  app.setNotFoundHandler((_, reply) => sendJson(reply.code(404), errorBody(404, httpMessage(404))))
  app.removeAllContentTypeParsers()
  // Routes read the text themselves, so a verb that needs no body ignores what is sent with it.
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
  app.addHook('onRequest', async (request) => {
    if (/%2f/i.test(pathOf(request))) throw new BadRequestError('Ambiguous URI path separator: a path holds no %2F')
  })
  app.addHook('onResponse', async (request, reply) => {
    const ms = Math.round(reply.elapsedTime)
    log.debug({ method: request.method, path: pathOf(request), status: reply.statusCode, ms }, 'request answered')
  })

  const context: RestContext = { herder, log, clock, ready }
  for (const route of routes) addRoute(app, route, context, options)
  for (const path of new Set(routes.map((route) => route.path))) refuseOtherMethods(app, path)
  return app
}

function addRoute(app: FastifyInstance, route: Route, context: RestContext, options: RestOptions): void {
  const { clock, log } = context
  const limitMs = options.requestTimeoutMs ?? defaultRequestTimeoutMs
  app.route({
    method: route.method,
    url: route.path,
    handler: async (request, reply) => {
      if (!acceptsJson(request.headers.accept)) return sendJson(reply.code(406), errorBody(406, httpMessage(406)))
      const work = route.handle(
        {
          params: request.params as Record<string, string>,
          query: new URLSearchParams(request.url.split('?').slice(1).join('?')),
          body: request.body as Buffer | undefined,
          baseUrl: baseUrlOf(request, options.advertisedUrl),
        },
        context,
      )
      const answer = await withTimeLimit(work, limitMs, clock, (error) =>
        log.error({ method: route.method, path: pathOf(request), err: error }, 'request failed after its time limit'),
      )
      for (const [name, value] of Object.entries(answer.headers ?? {})) void reply.header(name, value)
      void reply.code(answer.status)
      return answer.body === undefined ? reply.send() : sendJson(reply, answer.body)
    },
  })
}

/** 405 with `Allow` for the methods that a path does not have, and what `OPTIONS` tells. */
function refuseOtherMethods(app: FastifyInstance, path: string): void {
  const has = (method: string) => routes.some((route) => route.path === path && route.method === method)
  const known = methods.filter((method) => has(method === 'HEAD' ? 'GET' : method))
  const allow = [...known, 'OPTIONS'].join(', ')
  app.route({
    method: methods.filter((method) => !known.includes(method)),
    url: path,
    // Before the body is looked at: 405 comes before 415.
    onRequest: async (_, reply) => sendJson(reply.code(405).header('allow', allow), errorBody(405, httpMessage(405))),
    handler: () => undefined,
  })
  app.route({
    method: 'OPTIONS',
    url: path,
    onRequest: async (_, reply) => reply.header('allow', allow).type('text/plain').send(allow),
    handler: () => undefined,
  })
}

/** With a serializer of its own the reply keeps Kafka Connect's `application/json`, without a charset. */
const sendJson = (reply: FastifyReply, body: unknown): FastifyReply =>
  reply.type('application/json').serializer(toJson).send(body)

const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? ''

function baseUrlOf(request: FastifyRequest, advertisedUrl: string | undefined): string {
  const url = `${request.protocol}://${request.host}`
  // The header is the client's: what makes no URL, or more than a host, is not repeated to it.
  if (URL.canParse(url) && new URL(url).pathname === '/' && /^[\w.:[\]-]+$/.test(request.host)) return url
  return advertisedUrl?.replace(/\/+$/, '') ?? ''
}

/** What Node's HTTP parser refuses never becomes a request. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable) return void socket.destroy()
  const status = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }[error.code ?? ''] ?? 400
  const body = toJson(errorBody(status, httpMessage(status)))
  const head = `HTTP/1.1 ${httpMessage(status).slice(5)}\r\nContent-Type: application/json`
  socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`)
}
