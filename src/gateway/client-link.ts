import type { Outlet } from './client.ts'

/** One client's socket, as the WebSocket transport gives it. */
export interface Link extends Outlet {
  /** Like `write`, for what may share a system call with the other replies of this turn. */
  reply(bytes: Buffer): void
  /** Stops and goes on reading from the client. */
  pause(): void
  resume(): void
  /** Bytes that came from the client so far, and those that went to it. */
  received(): number
  sent(): number
  /** How many messages ended before the one that has begun to come and not ended; undefined: there is none. */
  unended(): number | undefined
  destroy(): void
}
