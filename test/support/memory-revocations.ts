import type { Clock, RevocationLog, RevokedThing } from '#api'
import { createRevocationTable } from '../../src/storage/revocation-table.ts'
import { systemClock } from '../../src/util/clock.ts'
import { revocationId } from '../../src/util/revocation-id.ts'

export interface MemoryRevocations extends RevocationLog {
  revoke(of: RevokedThing, until?: number, at?: number): Promise<void>
}

/** Revocations as one worker has them, stored nowhere. */
export function memoryRevocations(clock: Clock = systemClock): MemoryRevocations {
  const table = createRevocationTable(1000, clock)
  const add: RevocationLog['add'] = async (made) => table.apply({ made })
  return {
    all: table.all,
    onChange: table.onChange,
    add,
    async remove(id) {
      const had = table.has(id)
      table.apply({ ended: id })
      return had
    },
    revoke: (of, until, at = clock.now()) =>
      add({ id: revocationId(of), of, at, ...(until === undefined ? {} : { until }) }),
  }
}
