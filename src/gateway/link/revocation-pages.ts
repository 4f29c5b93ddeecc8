import type { Revocation, RevocationChange } from '#api'
import type { Line } from './line.ts'
import type { ToGate } from './messages.ts'

/** Brings a gate all that is revoked, as fast as it takes it in, and then each change. */
export interface RevocationPages {
  /** Sends all; `onSent` is called after the last page, and not when it begins anew before. */
  begin(all: readonly Revocation[], onSent: () => void): void
  changed(change: RevocationChange): void
  /** The line has room again. */
  goOn(): void
}

/** How many are one message; while more than so many bytes wait for the gate, the next do. */
const [perPage, pendingBytes] = [500, 256 * 1024]

export function createRevocationPages(line: Line): RevocationPages {
  let all: readonly Revocation[] | undefined
  let at = 0
  let sent = (): void => undefined
  /** What is no longer as it was when it began. */
  const changedSince = new Set<string>()
  const goOn = (): void => {
    while (all && line.queued() < pendingBytes && !line.isClosed) {
      const page = all.slice(at, at + perPage).filter(({ id }) => !changedSince.has(id))
      const isFirst = at === 0
      at += perPage
      const isLast = at >= all.length
      line.send({ t: 'revocations', page, isFirst, isLast } satisfies ToGate)
      if (!isLast) continue
      all = undefined
      sent()
    }
  }
  return {
    begin(now, onSent) {
      all = now
      at = 0
      sent = onSent
      changedSince.clear()
      goOn()
    },
    changed(change) {
      const { made } = change
      if (all) changedSince.add(made ? made.id : change.ended)
      line.send(
        (made ? { t: 'revoked', revocation: made } : { t: 'revocationEnded', id: change.ended }) satisfies ToGate,
      )
    },
    goOn,
  }
}
