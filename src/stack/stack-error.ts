import { ConnectError } from '#api'

/** Thrown by everything in this room: what the local stack could not do, and what helps. */
export class StackError extends ConnectError {
  static override readonly code: string = 'STACK'
}
