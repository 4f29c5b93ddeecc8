import type { FastifyReply, FastifyRequest } from 'fastify'
import { toJson } from '#api'
import { stringifyExactly } from '../util/exact-json.ts'
import { errorBody, httpMessage } from './error-mapper.ts'

/** With a serializer of its own the reply keeps Kafka Connect's `application/json`, without a charset. */
export const sendJson = (reply: FastifyReply, body: unknown, exact = false): FastifyReply =>
  reply
    .type('application/json')
    .serializer(exact ? stringifyExactly : toJson)
    .send(body)

/** A refusal that has no words but those of its status. */
export const refuse = (reply: FastifyReply, status: number): FastifyReply =>
  sendJson(reply.code(status), errorBody(status, httpMessage(status)))

export const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? ''

/** Where the client reached this worker; `advertisedUrl` when it does not say so in a usable way. */
export function baseUrlOf(request: FastifyRequest, advertisedUrl: (() => string) | undefined): string {
  const url = `${request.protocol}://${request.host}`
  // The header is the client's: what makes no URL, or more than a host, is not repeated to it.
  if (URL.canParse(url) && new URL(url).pathname === '/' && /^[\w.:[\]-]+$/.test(request.host)) return url
  return advertisedUrl?.() ?? ''
}
