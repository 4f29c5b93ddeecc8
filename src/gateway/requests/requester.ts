import type { Client } from '../client.ts'
import type { Refusal } from '../codes.ts'
import type { Gate } from '../gate.ts'
import type { ServerFrame } from '../protocol.ts'
import type { Identity } from '../who/auth.ts'

/** The session that a request came on. */
export interface Requester {
  readonly gate: Gate
  readonly client: Client
  /** The ids of publications that wait for Kafka. */
  readonly inFlight: Set<number>
  readonly send: (reply: ServerFrame) => void
  /** A frame as JSON text: what it holds of messages is as it was published. */
  readonly sendText: (text: string) => void
  readonly refuseFrame: (id: number | undefined, refusal: Refusal) => void
  identity(): Identity
  producer(): string | undefined
  /** Why a request of this type may not be made now. */
  mayAsk(type: string): Refusal | undefined
  refreshed(identity: Identity): void
  /** A publication was answered: there may be room for more. */
  answered(): void
}
