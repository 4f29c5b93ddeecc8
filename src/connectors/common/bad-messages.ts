import { type Clock, type ConnectError, DataError, type Logger } from '#api'

type Message = { readonly data: Buffer }

const shown = 200
const everyMs = 1000

/** The error of a task that meets a message it cannot use. */
export function badMessage(error: ConnectError, message: Message): DataError {
  return new DataError(`${error.message} The message begins: ${beginningOf(message)}`, {
    cause: error,
    context: error.context,
  })
}

/** Counts messages that were left out; says so at most once a second, so that a bad feed floods neither log nor status. */
export function createSkips(clock: Clock, log: Logger) {
  let skipped = 0
  let lastSkipped: string | undefined
  let saidAt = Number.NEGATIVE_INFINITY
  return {
    /** True when it is time to report. */
    add(error: ConnectError, message: Message): boolean {
      skipped++
      lastSkipped = error.message
      if (clock.now() - saidAt < everyMs) return false
      saidAt = clock.now()
      log.warn({ reason: error.message, skipped, beginning: beginningOf(message) }, 'a message was left out')
      return true
    },
    facts: () => ({ skipped, ...(lastSkipped === undefined ? {} : { lastSkipped }) }),
  }
}

const beginningOf = (message: Message): string =>
  message.data
    .subarray(0, shown * 4)
    .toString()
    .slice(0, shown)
