import { ConnectError } from '#api'

/** What we throw on purpose says what is wrong; anything else needs its stack. */
export const printFailure = (error: unknown): void =>
  console.error(ConnectError.is(error) ? `tidegate: ${error.message}` : error)
