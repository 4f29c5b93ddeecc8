import { createRequire } from 'node:module'
import type { ProtocolCall } from './internals.ts'
import type { GroupProtocol } from './ports.ts'

/** Who speaks: the membership as the coordinator knows it. */
export interface Membership {
  readonly groupId: string
  /** Empty: not known to the coordinator yet. */
  readonly memberId: string
}

export interface JoinRequest extends Membership {
  readonly sessionTimeout: number
  readonly rebalanceTimeout: number
  readonly protocolType: string
  readonly groupProtocols: readonly GroupProtocol[]
}

export interface JoinAnswer {
  readonly generationId: number
  readonly groupProtocol: string
  readonly leaderId: string
  readonly memberId: string
  /** Told to the leader alone. */
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[]
}

export interface SyncRequest extends Membership {
  readonly generationId: number
  readonly groupAssignment: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[]
}

/** How much longer than the rebalance time-out an answer to JoinGroup and SyncGroup is waited for: the coordinator holds it back that long. */
const graceMs = 5000

/** Held back until all have joined or the rebalance time-out is over. */
export const joinGroup = (request: JoinRequest): ProtocolCall<JoinAnswer> => ({
  ...call<JoinAnswer>('joinGroup', 5, request),
  requestTimeout: request.rebalanceTimeout + graceMs,
})

/** Held back until the leader has decided. */
export const syncGroup = (
  request: SyncRequest,
  rebalanceTimeout: number,
): ProtocolCall<{ readonly memberAssignment: Buffer }> => ({
  ...call<{ readonly memberAssignment: Buffer }>('syncGroup', 3, request),
  requestTimeout: rebalanceTimeout + graceMs,
})

export const heartbeat = (request: Membership & { readonly groupGenerationId: number }): ProtocolCall<unknown> =>
  call('heartbeat', 3, request)

export const leaveGroup = (request: Membership): ProtocolCall<unknown> => call('leaveGroup', 3, request)

/**
 * kafkajs's own encoders and decoders, but not its way of asking: its `joinGroup` keeps to itself the member id that it was given (KIP-394), which
 * is needed for leaving while the join is pending, and each REBALANCE_IN_PROGRESS would be an error in its log. The versions are those of Kafka 2.3.
 */
function call<T>(name: string, version: number, request: object): ProtocolCall<T> {
  const { protocol } = load(`kafkajs/src/protocol/requests/${name}`) as Requests<T>
  return { ...protocol({ version })(request), logResponseError: false }
}

const load = createRequire(import.meta.url)

interface Requests<T> {
  protocol(options: { readonly version: number }): (request: object) => ProtocolCall<T>
}
