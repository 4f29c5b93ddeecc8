import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { PeerClient } from '../util/peer-client.ts'
import { acceptsJson } from './accept.ts'
import { refuseStranger } from './authentication.ts'
import { errorBody } from './error-mapper.ts'
import { forward, isElsewhere } from './forward.ts'
import { baseUrlOf, pathOf, refuse, sendJson } from './reply.ts'
import type { RestAnswer, RestContext, RestRequest, Route } from './route.ts'
import { withTimeLimit } from './time-limit.ts'

export interface RouteOptions {
  readonly advertisedUrl: (() => string) | undefined
  /** Milliseconds. */
  readonly limitMs: number
  /** Whether the header names somebody who may; undefined: everybody may. */
  readonly authenticate: ((authorization: string | undefined) => Promise<boolean>) | undefined
  /** How the other workers are reached. */
  readonly peers: PeerClient | undefined
  /** What the worker still does before it can answer; undefined: nothing. */
  readonly starting: () => string | undefined
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export function addRoute(app: FastifyInstance, route: Route, context: RestContext, options: RouteOptions): void {
  const { clock, log } = context
  app.route({
    method: route.method,
    url: route.path,
    ...(route.bodyLimit !== undefined && { bodyLimit: route.bodyLimit }),
    // Before the body is read, and in the order of JAX-RS: a stranger learns which paths there are, and no more.
    onRequest: async ({ headers }, reply) => {
      // Some clients name a type where they send nothing.
      if (route.body === undefined && isEmpty(headers)) delete headers['content-type']
      if (!isOfType(headers['content-type'], route.consumes)) return refuse(reply, 415)
      if (route.produces === undefined && !acceptsJson(headers.accept)) return refuse(reply, 406)
      if (options.authenticate && !route.internal && !(await options.authenticate(headers.authorization)))
        return refuseStranger(reply)
      const starting = route.early ? undefined : options.starting()
      return starting === undefined ? undefined : sendJson(reply.code(503), errorBody(503, starting))
    },
    handler: async (request, reply) => {
      const unwanted = new AbortController()
      reply.raw.once('close', () => unwanted.abort())
      const [body, baseUrl] = [request.body as Buffer | undefined, baseUrlOf(request, options.advertisedUrl)]
      const [{ signal }, { headers, url }] = [unwanted, request]
      const work = answer(route, context, {
        params: request.params as Record<string, string>,
        query: new URLSearchParams(url.split('?').slice(1).join('?')),
        body,
        baseUrl,
        signal,
        headers,
      }).catch((error: unknown) => {
        if (!isElsewhere(error)) throw error
        return forward(error, { method: route.method, url, headers, body, baseUrl, signal }, options.peers, log)
      })
      const answered = await withTimeLimit(work, options.limitMs, clock, (error) => {
        log.error({ method: route.method, path: pathOf(request), err: error }, 'request failed after its time limit')
      }).finally(() => unwanted.abort())
      return send(reply, answered)
    },
  })
}

/** What throws at once fails as what throws later does. */
const answer = async (route: Route, context: RestContext, request: RestRequest): Promise<RestAnswer> =>
  route.handle(request, context)

/** 405 with `Allow` for the methods that a path does not have, and what `OPTIONS` tells. */
export function addOtherMethods(
  app: FastifyInstance,
  path: string,
  routes: readonly Route[],
  { authenticate }: RouteOptions,
): void {
  const has = (method: string) => routes.some((route) => route.path === path && route.method === method)
  const known = methods.filter((method) => has(method === 'HEAD' ? 'GET' : method))
  const allow = [...known, 'OPTIONS'].join(', ')
  app.route({
    method: methods.filter((method) => !known.includes(method)),
    url: path,
    // Before the body is looked at: 405 comes before 415.
    onRequest: async (_, reply) => refuse(reply.header('allow', allow), 405),
    handler: () => undefined,
  })
  app.route({
    method: 'OPTIONS',
    url: path,
    onRequest: async ({ headers }: FastifyRequest, reply: FastifyReply) => {
      if (authenticate && !(await authenticate(headers.authorization))) return refuseStranger(reply)
      void reply.header('allow', allow)
      // To a client that takes nothing but JSON there is nothing to say beyond the header.
      if (/^\s*application\/json\s*(;|$)/i.test(headers.accept ?? '')) return reply.type('application/json').send()
      return reply.type('text/plain').send(allow)
    },
    handler: () => undefined,
  })
}

function send(reply: FastifyReply, { status, body, exact, text, bytes, headers = {} }: RestAnswer): FastifyReply {
  for (const [name, value] of Object.entries(headers)) void reply.header(name, value)
  void reply.code(status)
  if (bytes !== undefined && bytes.length > 0) return reply.send(bytes)
  if (text !== undefined) return reply.send(text)
  return body === undefined ? reply.send() : sendJson(reply, body, exact)
}

const isEmpty = (headers: IncomingHttpHeaders): boolean =>
  headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0

/** Kafka Connect looks at the type that a request claims for its body even where it takes no body. */
const isOfType = (contentType: string | undefined, wanted = 'application/json'): boolean =>
  contentType === undefined || contentType.split(';', 1)[0]?.trim().toLowerCase() === wanted
