export interface ClientErrorOptions {
  readonly code: string
  /** The path of the field that does not fit. */
  readonly field?: string | undefined
  readonly retryable?: boolean | undefined
  /** Milliseconds. */
  readonly retryAfter?: number | undefined
  readonly cause?: unknown
}

/**
 * What a `publish` rejects with and `onError` is given: an `error` frame of the gate, or one of the client's own codes
 * `disconnected`, `closed`, `too_many_pending`, `snapshot_too_large`, `token_unavailable`, `delta_mismatch`, `bad_answer`, `handler_failed`.
 */
export class ClientError extends Error {
  readonly code: string
  readonly field: string | undefined
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  readonly retryAfter: number | undefined

  constructor(message: string, { code, field, retryable = false, retryAfter, cause }: ClientErrorOptions) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'ClientError'
    this.code = code
    this.field = field
    this.retryable = retryable
    this.retryAfter = retryAfter
  }
}
