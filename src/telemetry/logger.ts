import { type DestinationStream, pino } from 'pino'
import type { Clock, Logger } from '#api'
import { systemClock } from '../util/clock.ts'
import { createLogLevels, type LoggerNode, type LogLevels, severities } from './log-levels.ts'

export interface Logging {
  /** The logger `tidegate`. */
  readonly log: Logger
  readonly levels: LogLevels
}

export interface LoggingOptions {
  /** Standard error unless told otherwise. */
  readonly destination?: DestinationStream
  readonly clock?: Clock
}

const levelOf = {
  trace: 'TRACE',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  fatal: 'FATAL',
  silent: 'OFF',
} as const

/**
 * The process's log, one JSON object a line, and the levels of its loggers. `child({ logger: 'tidegate.kafka' })` is the logger of that
 * name, `child({ connector: 'c' })` the logger `connector.c`; every other child belongs to its parent's.
 */
export function createLogging(
  level: keyof typeof levelOf,
  { destination = pino.destination(2), clock = systemClock }: LoggingOptions = {},
): Logging {
  const { levels, of } = createLogLevels(levelOf[level], clock.now)
  const lines = pino(
    // Each logger's own level decides before pino is asked.
    { level: 'trace', base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { error: plain } },
    destination,
  )
  for (const name of ['connector', 'tidegate.kafka', 'tidegate.rest']) of(name)
  return { log: named(lines, of('tidegate'), of), levels }
}

/** The process's log alone, for programs whose levels nobody changes. */
export const createLogger = (level: keyof typeof levelOf, destination?: DestinationStream): Logger =>
  createLogging(level, destination && { destination }).log

function named(lines: pino.Logger, node: LoggerNode, of: (name: string) => LoggerNode): Logger {
  return {
    debug(fields, message) {
      if (node.threshold <= severities.DEBUG) lines.debug(fields, message)
    },
    info(fields, message) {
      if (node.threshold <= severities.INFO) lines.info(fields, message)
    },
    warn(fields, message) {
      if (node.threshold <= severities.WARN) lines.warn(fields, message)
    },
    error(fields, message) {
      if (node.threshold <= severities.ERROR) lines.error(fields, message)
    },
    child(fields) {
      const name = loggerOf(fields)
      return named(lines.child(fields), name === undefined ? node : of(name), of)
    },
  }
}

function loggerOf(fields: object): string | undefined {
  const { logger, connector } = fields as { readonly logger?: unknown; readonly connector?: unknown }
  if (typeof logger === 'string') return logger
  return typeof connector === 'string' ? `connector.${connector}` : undefined
}

/** An error as its message and causes; the stack is in the status. Numbers beyond JSON's are text. */
function plain(error: unknown): unknown {
  return error instanceof Error ? { message: error.message, cause: plain(error.cause) } : error
}
