import { type Clock, ConflictError } from '#api'
import { within } from '../../util/within.ts'
import { ElsewhereError, type TaskId } from '../herder.ts'
import type { WorkerGroup } from './worker-group.ts'

/** How long (ms) a request waits for a rebalance to end. */
const rebalanceWaitMs = 30_000

/** How often (ms) a request that waits looks again, beside the ends of rebalances. */
const lookMs = 50

/** Whose turn a request is: this worker's, or whose else. */
export interface Turns {
  /** Looks when no rebalance is under way, or it takes too long. The next one may have begun when the answer is there. */
  whenSettled<T>(look: () => T): Promise<T>
  /** Resolves when this worker is the leader, else rejects with `ElsewhereError`. */
  lead(complaint: string): Promise<void>
  /** The same for the owner of a connector or task; the leader knows it. */
  own(what: string | TaskId, complaints: { readonly leader: string; readonly other: string }): Promise<void>
  /** Its signal aborts when the group has another leader or generation than at the call. */
  whileUnchanged<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>
  /** Something about the group has changed. */
  wake(): void
}

export interface TurnsOptions {
  /** Undefined until the worker joins. */
  readonly group: () => WorkerGroup | undefined
  readonly clock: Clock
}

export function createTurns({ group, clock }: TurnsOptions): Turns {
  let waiters: (() => void)[] = []
  const watchers = new Set<() => void>()

  const isSettled = (): boolean => {
    const member = group()
    return member !== undefined && !member.isRebalancing() && member.generation() >= 0
  }

  async function whenSettled<T>(look: () => T): Promise<T> {
    const until = clock.now() + rebalanceWaitMs
    while (!isSettled() && clock.now() < until) {
      let forget = () => {}
      const woken = new Promise<void>((resolve) => {
        waiters.push(resolve)
        forget = () => {
          waiters = waiters.filter((each) => each !== resolve)
        }
      })
      await within(lookMs, woken, clock)
      forget()
    }
    return look()
  }

  return {
    whenSettled,
    async lead(complaint) {
      if (group()?.isLeader()) return
      await whenSettled(() => {
        const member = group()
        if (!member?.isLeader()) throw new ElsewhereError(complaint, { context: { url: member?.leaderUrl() } })
      })
    },
    own: (what, { leader, other }) =>
      whenSettled(() => {
        const member = group()
        if (member && isOwn(member, what)) return
        if (member?.isLeader()) throw new ElsewhereError(leader, { context: { url: member.ownerUrl(what) } })
        throw new ElsewhereError(other, { context: { url: member?.leaderUrl() } })
      }),
    async whileUnchanged(work) {
      const generation = group()?.generation()
      const leader = group()?.leaderUrl()
      const changed = new AbortController()
      const look = (): void => {
        const url = group()?.leaderUrl()
        // Nobody leads during a rebalance: what was asked may be answered before its end.
        const isAnother = url !== undefined && url !== leader
        if (isAnother || group()?.generation() !== generation)
          changed.abort(new ConflictError('The group has rebalanced.'))
      }
      watchers.add(look)
      try {
        return await work(changed.signal)
      } finally {
        watchers.delete(look)
      }
    },
    wake() {
      const woken = waiters
      waiters = []
      for (const each of [...woken, ...watchers]) each()
    },
  }
}

export function isOwn(group: WorkerGroup, what: string | TaskId): boolean {
  const { connectors, tasks } = group.work()
  return typeof what === 'string'
    ? connectors.includes(what)
    : tasks.some(({ connector, task }) => connector === what.connector && task === what.task)
}
