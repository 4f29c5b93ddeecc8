import type { Clock, Logger, MaybePromise } from '#api'
import type { Herder } from '../herder/herder.ts'

/** A request as a route sees it; nothing in it is Fastify's. */
export interface RestRequest {
  /** Decoded: `/connectors/a%20b` has the `name` `a b`. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** The body's bytes; undefined when the request has none. */
  readonly body: Buffer | undefined
  /** Scheme and host as the client wrote them, such as `http://localhost:8083`. */
  readonly baseUrl: string
}

export interface RestAnswer {
  readonly status: number
  /** Written as JSON; absent for an empty body. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
}

/** What every route may use. */
export interface RestContext {
  readonly herder: Herder
  readonly log: Logger
  readonly clock: Clock
  /** Whether the worker has completed its startup. */
  readonly ready: () => boolean
}

/** One line of the REST API: server, `405` with `Allow`, and docs/rest.md all come from these. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With parameters as `:name`. */
  readonly path: string
  /** One line for the docs. */
  readonly doc: string
  /** Query parameters and what they do. */
  readonly query?: Readonly<Record<string, string>>
  /** The shape of the request body, for the docs. */
  readonly body?: string
  /** Statuses and when they come, beside those that any request can meet. */
  readonly statuses: Readonly<Record<number, string>>
  handle(request: RestRequest, context: RestContext): MaybePromise<RestAnswer>
}
