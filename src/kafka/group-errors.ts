import { ConnectError } from '#api'
import { isFinal } from './refusals.ts'

/** A callback of the member's owner failed. */
export class CallerError extends ConnectError {
  static override readonly code: string = 'GROUP_CALLER'
}

/**
 * What an error of the coordinator means for a member. `lost`: it has been put out. `refused`: no further try can mend it, someone has to.
 * `caller`: ours has failed. `away`: anything between us and the coordinator, or a coordinator that has moved; the membership goes on.
 */
export type GroupFailure = 'rebalance' | 'lost' | 'refused' | 'caller' | 'away'

const kinds: Readonly<Record<string, GroupFailure>> = {
  REBALANCE_IN_PROGRESS: 'rebalance',
  ILLEGAL_GENERATION: 'lost',
  UNKNOWN_MEMBER_ID: 'lost',
  FENCED_INSTANCE_ID: 'lost',
  INCONSISTENT_GROUP_PROTOCOL: 'refused',
  INVALID_GROUP_ID: 'refused',
  INVALID_SESSION_TIMEOUT: 'refused',
  UNSUPPORTED_VERSION: 'refused',
}

export function groupFailure(error: unknown): GroupFailure {
  if (error instanceof CallerError) return 'caller'
  const type = error instanceof Error && 'type' in error ? String(error.type) : ''
  return kinds[type] ?? (isFinal(error) ? 'refused' : 'away')
}

/** The id that the coordinator gives to who joins without one, to be joined with (KIP-394). */
export function givenMemberId(error: unknown): string | undefined {
  const isGiven = error instanceof Error && error.name === 'KafkaJSMemberIdRequired' && 'memberId' in error
  return isGiven ? String(error.memberId) : undefined
}
