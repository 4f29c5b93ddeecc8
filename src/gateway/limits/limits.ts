import type { Clock, Logger } from '#api'
import type { ErrorName } from '../codes.ts'
import type { Connections } from '../connections.ts'
import type { LimitSettings } from '../settings.ts'
import { createDoor, type Door } from './door.ts'
import { createExpensive, type Expensive } from './expensive.ts'
import { createHandshakes, type Handshakes } from './handshakes.ts'
import { createLoad, type Load } from './load.ts'
import type { Meter } from './meter.ts'
import type { SharedCounts } from './shared-counts.ts'
import { shed } from './shed.ts'
import { createTally, type Tally } from './tally.ts'

/** What keeps the gate standing in storms and under abuse. */
export interface Limits {
  readonly door: Door
  readonly handshakes: Handshakes
  readonly expensive: Expensive
  readonly load: Load
  /** Refusals by code, of connections and of requests. */
  readonly refused: Tally
  /** How often clients were told that something of theirs has to wait, by the code of the notice. */
  readonly held: Tally
  /** Looks at the load, about each second, and sheds some where it has to. */
  tick(now: number): void
}

export interface LimitsOptions {
  readonly settings: LimitSettings
  readonly connections: Connections
  readonly counts: SharedCounts
  readonly clock: Clock
  readonly log: Logger
  readonly meter: Meter
  readonly random?: () => number
}

const lookMs = 1000

const limitCodes: readonly ErrorName[] = [
  'connection_rate',
  'overloaded',
  'busy',
  'address_limit',
  'user_limit',
  'message_rate',
]

export function createLimits({
  settings,
  connections,
  counts,
  clock,
  log,
  meter,
  random = Math.random,
}: LimitsOptions): Limits {
  const load = createLoad(settings, meter, log)
  const now = (): number => clock.now()
  let lookedAt = now()
  return {
    load,
    door: createDoor({
      limits: settings,
      addresses: counts.addresses,
      now,
      random,
      isOverloaded: () => load.level() > 0,
    }),
    handshakes: createHandshakes({ most: settings.pendingHandshakes, addressPrefix6: settings.addressPrefix6 }),
    expensive: createExpensive({ bytesPerS: settings.snapshotBytesPerS, load, now: now(), random }),
    refused: createTally(limitCodes),
    held: createTally(['filter_rate']),
    tick(at) {
      counts.tick(at)
      if (lookedAt + lookMs > at) return
      lookedAt = at
      load.look()
      if (load.isHopeless()) shed(connections.all())
    },
  }
}
