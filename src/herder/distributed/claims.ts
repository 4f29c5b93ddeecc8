import { type Clock, ConflictError, type Logger, messageOf } from '#api'
import { FencedError } from '../../kafka/index.ts'
import type { ConfigStore } from '../../storage/index.ts'
import { backoffDelay } from '../../util/backoff.ts'
import { within } from '../../util/within.ts'

export interface ClaimsOptions {
  readonly store: Pick<ConfigStore, 'claim' | 'unclaim'>
  readonly clock: Clock
  readonly log: Logger
  /** How long (ms) a write waits for the claim. */
  readonly waitMs: number
  /** Asks the group who leads, since the config topic refused this worker. */
  readonly rejoin: (reason: string) => void
  /** The leader may write from now on. */
  readonly onClaimed: () => void
}

/** The leader's right to write to the config topic: claimed when a rebalance made it leader, and never without one, since it fences whoever leads. */
export interface Claims {
  /** A rebalance is over, or this worker is out of the group. */
  elected(isLeader: boolean): void
  /** Rejects with `ConflictError` when this worker is the leader no longer, or not yet. */
  write<T>(work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

const backoff = { initialMs: 250, maxMs: 10_000 }

export function createClaims({ store, clock, log, waitMs, rejoin, onClaimed }: ClaimsOptions): Claims {
  const closing = new AbortController()
  let isWanted = false
  let isClaimed = false
  /** The write that was refused needs a rebalance before the next claim. */
  let isRefused = false
  let turn: Promise<void> = Promise.resolve()
  let waiters: (() => void)[] = []

  function settle(): void {
    turn = turn.then(follow).catch((error: unknown) => log.error({ error }, 'the config topic could not be given up'))
  }

  /** Brings the claim in line with the newest election. */
  async function follow(): Promise<void> {
    for (let attempt = 0; isWanted && !isClaimed && !closing.signal.aborted; attempt++) {
      try {
        await store.claim()
        isClaimed = true
        isRefused = false
        if (isWanted) onClaimed()
      } catch (error) {
        const retryMs = backoffDelay(attempt, backoff)
        log.warn({ error: messageOf(error), retryMs }, 'the leader could not claim the config topic')
        await clock.sleep(retryMs, closing.signal)
      }
    }
    if (isClaimed && (!isWanted || closing.signal.aborted)) {
      isClaimed = false
      await store.unclaim()
    }
    wake()
  }

  function wake(): void {
    const woken = waiters
    waiters = []
    for (const each of woken) each()
  }

  async function claimed(): Promise<void> {
    if (!isClaimed && !closing.signal.aborted)
      await within(waitMs, new Promise<void>((resolve) => waiters.push(resolve)), clock)
    if (!isClaimed || closing.signal.aborted) throw new ConflictError(refusal)
  }

  return {
    elected(isLeader) {
      isWanted = isLeader
      if (isRefused) isClaimed = false
      settle()
    },
    async write(work) {
      await claimed()
      try {
        return await work()
      } catch (error) {
        // Also after any other failure the store writes no more without a claim.
        isClaimed = false
        isRefused = true
        rejoin('a write to the config topic was refused')
        if (!(error instanceof FencedError)) throw error
        log.warn({ error: messageOf(error) }, 'another worker writes to the config topic as the leader')
        throw new ConflictError(refusal, { cause: error })
      }
    },
    async close() {
      isWanted = false
      closing.abort()
      settle()
      await turn
    },
  }
}

const refusal =
  'Failed to write to config topic; this may be due to a transient error and the request can be safely retried'
