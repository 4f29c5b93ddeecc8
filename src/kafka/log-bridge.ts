import type { logCreator } from 'kafkajs'
import type { Logger } from '#api'

/**
 * Hands the Kafka client's own log to ours, for debugging only: it reports each try of what it mends itself, dozens a second while
 * Kafka is away. What matters comes back as errors to those who called, and they say it once.
 */
export const bridgeLog =
  (log: Logger): logCreator =>
  () =>
  ({ namespace, log: { message, ...facts } }) => {
    log.debug({ ...facts, timestamp: undefined, logger: undefined, namespace }, message)
  }
