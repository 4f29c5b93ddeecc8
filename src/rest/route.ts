import type { IncomingHttpHeaders } from 'node:http'
import type { TSchema } from 'typebox'
import type { Clock, Logger, MaybePromise, RevocationLog } from '#api'
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
  /** Aborts when nobody waits for the answer any more: the client is gone, or the time is up. */
  readonly signal: AbortSignal
  readonly headers: IncomingHttpHeaders
}

export interface RestAnswer {
  readonly status: number
  /** Written as JSON; absent for an empty body. */
  readonly body?: unknown
  /** Whether integers beyond 2^53 are written as digits, as Kafka Connect does, instead of as strings. */
  readonly exact?: boolean
  /** Instead of `body`: sent as it is, under the route's `produces`. */
  readonly text?: string
  /** Instead of `body`: sent as it is. */
  readonly bytes?: Buffer
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
}

/** What Prometheus scrapes. */
export interface MetricsText {
  readonly contentType: string
  text(): Promise<string>
}

/** Whether a worker does all that it is there for, and what it waits for else. */
export interface Readiness {
  readonly ready: boolean
  /** One sentence for a person. */
  readonly reason: string
}

/** What the gateway's clients may lose again. */
export interface Revoking {
  readonly revocations: RevocationLog
  /** How long (ms) a token can last at most; undefined: for ever. */
  readonly tokenMs: number | undefined
}

/** What every route may use. */
export interface RestContext {
  readonly herder: Herder
  readonly log: Logger
  readonly clock: Clock
  /** Whether the worker has completed its startup. */
  readonly ready: () => boolean
  /** Whether clients should be sent here. */
  readonly readiness: () => Readiness
  readonly metrics: MetricsText | undefined
  /** Absent: this worker runs no gateway. */
  readonly revoking: Revoking | undefined
  /** The description of this very API. */
  readonly document: object
}

/** Words for a person and a JSON Schema for programs. */
export interface Described {
  readonly doc: string
  readonly schema: TSchema
}

/** One line of the REST API: server, `405` with `Allow`, the OpenAPI document and docs/rest.md all come from these. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With parameters as `:name`. */
  readonly path: string
  /** One line for the docs. */
  readonly doc: string
  /** Query parameters and what they do; text alone is a string parameter. */
  readonly query?: Readonly<Record<string, string | Described>>
  readonly body?: Described
  /** Statuses and when they come, beside those that any request can meet. Text alone: an empty body, or the error's from 400 on. */
  readonly statuses: Readonly<Record<number, string | Described>>
  /** The answer's media type where it is not JSON; then `Accept` is not looked at. */
  readonly produces?: string
  /** The body's media type where it is not JSON. */
  readonly consumes?: string
  /** Bytes of its body where it is not the usual limit. */
  readonly bodyLimit?: number
  /** Answered also while the worker is still starting. */
  readonly early?: boolean
  /** Served by `admin.listeners` where there are some. */
  readonly admin?: boolean
  /** Between workers, which prove themselves in another way than clients do. */
  readonly internal?: boolean
  handle(request: RestRequest, context: RestContext): MaybePromise<RestAnswer>
}
