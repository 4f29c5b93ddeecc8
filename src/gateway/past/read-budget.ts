import type { Clock } from '#api'

/** What may be read back, for all streams of a worker together, and for all gates that it reads for. */
export interface ReadBudget {
  /** Resolves when it is time to read on after so many bytes. */
  spend(bytes: number, signal: AbortSignal): Promise<void>
}

/** How far (ms) ahead of its time reading may be. */
const ahead = 20

/** `bytesPerS` 0: no bound. */
export function createReadBudget(bytesPerS: number, clock: Clock): ReadBudget {
  /** When all that was read so far is paid for. */
  let paidAt = 0
  return {
    async spend(bytes, signal) {
      if (bytesPerS === 0) return
      const now = clock.now()
      paidAt = Math.max(paidAt, now) + (bytes * 1000) / bytesPerS
      if (paidAt > now + ahead) await clock.sleep(Math.ceil(paidAt - now), signal)
    },
  }
}
