import { type DestinationStream, pino } from 'pino'
import type { Logger } from '#api'

/** The process's log: one JSON object a line. `destination` is standard error unless told otherwise. */
export function createLogger(level: string, destination: DestinationStream = pino.destination(2)): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { error: plain } },
    destination,
  )
}

/** An error as its message and causes; the stack is in the status. Numbers beyond JSON's are text. */
function plain(error: unknown): unknown {
  return error instanceof Error ? { message: error.message, cause: plain(error.cause) } : error
}
