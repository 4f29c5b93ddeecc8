import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { type Refusal, refuse } from '../codes.ts'
import { addressOf } from '../listener/address.ts'
import type { LimitSettings } from '../settings.ts'
import { addressPrefix } from './address-prefix.ts'
import type { Counts } from './counts.ts'
import { createLane } from './lane.ts'
import { createPaces } from './paces.ts'

/** Decides over each connection before anything is spent on it. */
export interface Door {
  /** Why the request is not let in; else it counts as a connection of its address until `life` emits `close`. */
  admit(request: Newcomer, life: EventEmitter): Refusal | undefined
}

export interface Newcomer {
  readonly request: IncomingMessage
  /** It says that it was here before. */
  readonly isResume: boolean
}

export interface DoorOptions {
  readonly limits: LimitSettings
  /** Of connections, by address. */
  readonly addresses: Counts
  readonly now: () => number
  readonly random: () => number
  /** Whether there is too much to do to let anybody in. */
  readonly isOverloaded: () => boolean
}

/** After how long (ms, in the mean) to come back to a gate that is full, has too much to do, or has enough of an address. */
const [fullMs, overloadedMs, addressMs] = [5000, 10_000, 15_000]

/** Lets clients in; the one place where connections are counted against `sessions`. */
export function createDoor({ limits, addresses, now, random, isOverloaded }: DoorOptions): Door {
  const startsAt = now()
  const fresh = createLane({ perS: limits.connectionsPerS, burst: limits.connectionBurst, now: startsAt, random })
  const back = createLane({ perS: limits.resumesPerS, burst: limits.resumeBurst, now: startsAt, random })
  const paces = createPaces(limits.sessionsPerAddress)
  let inside = 0
  const spread = (ms: number): { readonly retryAfter: number } => ({ retryAfter: Math.ceil(ms * (0.5 + random())) })

  return {
    admit({ request, isResume }, life) {
      if (limits.sessions > 0 && inside >= limits.sessions)
        return refuse('busy', 'The gate has as many connections as it may have.', spread(fullMs))
      if (isOverloaded()) return refuse('overloaded', 'The gate has more to do than it can.', spread(overloadedMs))
      const address = addresses.most === 0 ? '' : addressPrefix(addressOf(request), limits.addressPrefix6)
      if (!addresses.enter(address))
        return refuse('address_limit', 'This address has as many connections as it may have.', spread(addressMs))
      // Before the lanes, which one address would empty for all by coming and going.
      const tooSoonMs = paces.enter(address, now())
      const retryAfter = tooSoonMs > 0 ? spread(2 * tooSoonMs).retryAfter : (isResume ? back : fresh).enter(now())
      if (retryAfter !== undefined) {
        addresses.leave(address)
        return refuse('connection_rate', 'Too many connections at this moment.', { retryAfter })
      }
      inside++
      life.once('close', () => {
        inside--
        addresses.leave(address)
      })
      return undefined
    },
  }
}

/** Whether a client says that it comes back: `resume=1`, which a page can put into the address of a WebSocket, or an event stream's position. */
export const isResume = ({ headers }: IncomingMessage, query: URLSearchParams): boolean =>
  query.get('resume') === '1' ||
  headers['last-event-id'] !== undefined ||
  query.has('lastEventId') ||
  query.has('position')
