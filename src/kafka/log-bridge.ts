import { type logCreator, logLevel } from 'kafkajs'
import type { Logger } from '#api'

/** Hands the Kafka client's own log to ours, one step quieter: what it calls an error it usually mends itself. */
export const bridgeLog =
  (log: Logger): logCreator =>
  () =>
  ({ namespace, level, log: { message, ...facts } }) => {
    const fields = { ...facts, timestamp: undefined, logger: undefined, namespace }
    if (level === logLevel.ERROR) log.warn(fields, message)
    else log.debug(fields, message)
  }
