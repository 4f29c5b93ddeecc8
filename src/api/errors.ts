/** Marks every error of this package, also across two installed copies of it. */
const brand = Symbol.for('tidegate.error')

export interface ErrorOptions {
  readonly cause?: unknown
  /** Facts for the log line and the REST body: connector, task, topic, partition, offset, field … */
  readonly context?: Readonly<Record<string, unknown>>
}

/**
 * The root of every error that is thrown on purpose.
 * A subclass declares its statics and no constructor, so it cannot be wired to another's code.
 */
export class ConnectError extends Error {
  static readonly code: string = 'CONNECT_ERROR'
  /** The HTTP status of the REST answer when nothing nearer handles it. */
  static readonly status: number = 500
  /** Whether calling again, later, with the same arguments may succeed. */
  static readonly retriable: boolean = false

  readonly [brand] = true
  readonly code: string
  readonly status: number
  readonly retriable: boolean
  readonly context: Readonly<Record<string, unknown>>

  constructor(message: string, { cause, context = {} }: ErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.code = new.target.code
    this.status = new.target.status
    this.retriable = new.target.retriable
    this.context = context
  }

  static is(error: unknown): error is ConnectError {
    return error instanceof Error && brand in error
  }
}

/** Thrown by a task, converter or transformation to be called again with the same arguments after a back-off. */
export class RetriableError extends ConnectError {
  static override readonly code: string = 'RETRIABLE'
  static override readonly retriable: boolean = true
}

/** One record that cannot be converted or transformed; `errors.tolerance=all` skips it. */
export class DataError extends ConnectError {
  static override readonly code: string = 'DATA'
}

/** A value that does not fit its schema. `context.field` is its path, such as `vehicle.position.latitude`. */
export class SchemaMismatchError extends DataError {
  static override readonly code: string = 'SCHEMA_MISMATCH'
}

/** A configuration that cannot be used. `context.errors` lists every complaint. */
export class ConfigError extends ConnectError {
  static override readonly code: string = 'CONFIG'
  static override readonly status: number = 400
}

/** A request that cannot be understood: malformed, or contradicting itself. */
export class BadRequestError extends ConnectError {
  static override readonly code: string = 'BAD_REQUEST'
  static override readonly status: number = 400
}

/** A request that the worker's configuration does not allow. */
export class ForbiddenError extends ConnectError {
  static override readonly code: string = 'FORBIDDEN'
  static override readonly status: number = 403
}

/** A connector, task or plugin that does not exist. */
export class NotFoundError extends ConnectError {
  static override readonly code: string = 'NOT_FOUND'
  static override readonly status: number = 404
}

/** A connector of this name exists already. */
export class AlreadyExistsError extends ConnectError {
  static override readonly code: string = 'ALREADY_EXISTS'
  static override readonly status: number = 409
}

/** A request that cannot be done in the present state, or at this moment. */
export class ConflictError extends ConnectError {
  static override readonly code: string = 'CONFLICT'
  static override readonly status: number = 409
}

/** A wait that took longer than it may. */
export class TimeoutError extends ConnectError {
  static override readonly code: string = 'TIMEOUT'
  static override readonly status: number = 504
  static override readonly retriable: boolean = true
}

/** Whether calling again may help; false for anything foreign. */
export const isRetriable = (error: unknown): boolean => ConnectError.is(error) && error.retriable

/** The message of anything thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The stack of an error and of all its causes, as `status` shows it under `trace`. */
export function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.stack ?? `${error.name}: ${error.message}`
  return error.cause === undefined ? own : `${own}\nCaused by: ${traceOf(error.cause)}`
}
