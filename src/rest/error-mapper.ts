import { STATUS_CODES } from 'node:http'
import { ConnectError, messageOf } from '#api'

/** Kafka Connect's error body, whole: strict clients refuse more. */
export interface ErrorBody {
  readonly error_code: number
  readonly message: string
}

/** The words that JAX-RS has for a status, such as `HTTP 404 Not Found`. */
export const httpMessage = (status: number): string => `HTTP ${status} ${STATUS_CODES[status] ?? 'Unknown'}`

export const errorBody = (status: number, message: string): ErrorBody => ({ error_code: status, message })

/**
 * The answer to anything thrown. The only place where a status is chosen, from the error's own `status`.
 * `bodyLimit` (bytes) is named to who exceeds it.
 */
export function toErrorBody(error: unknown, bodyLimit: number): ErrorBody {
  const status = statusOf(error)
  if (isFastifyError(error)) return errorBody(status, fastifyMessage(error, status, bodyLimit))
  return errorBody(status, messageOf(error) || httpMessage(status))
}

function statusOf(error: unknown): number {
  const status = ConnectError.is(error) ? error.status : isFastifyError(error) ? error.statusCode : undefined
  return typeof status === 'number' && status >= 400 && status <= 599 ? status : 500
}

interface FastifyError {
  readonly code: string
  readonly statusCode?: number
  readonly message: string
}

const isFastifyError = (error: unknown): error is FastifyError =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('FST_')

function fastifyMessage(error: FastifyError, status: number, bodyLimit: number): string {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return `The request body is larger than the limit of ${bodyLimit} bytes; make it smaller`
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return httpMessage(status)
    default:
      return error.message
  }
}
