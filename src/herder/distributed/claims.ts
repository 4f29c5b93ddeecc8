import { type Clock, ConflictError, type Logger, messageOf } from '#api'
import { FencedError } from '../../kafka/index.ts'
import type { ConfigStore } from '../../storage/index.ts'
import { backoffDelay } from '../../util/backoff.ts'
import { within } from '../../util/within.ts'

export interface ClaimsOptions {
  readonly store: Pick<ConfigStore, 'claim' | 'unclaim' | 'refresh'>
  readonly clock: Clock
  readonly log: Logger
  /** How long (ms) a write waits for the claim. */
  readonly waitMs: number
  /** How long (ms) the config topic may take to be read to its end. */
  readonly syncMs: number
  /** By the group's word at this moment. False: an election follows. */
  readonly isLeader: () => Promise<boolean>
  /** Asks the group who leads, since the config topic refused this worker. */
  readonly rejoin: (reason: string) => void
  /** The leader may write from now on. */
  readonly onClaimed: () => void
}

/** The leader's right to write to the config topic: claimed when a rebalance made it leader, and never without one, since it fences whoever leads. */
export interface Claims {
  /** A rebalance is over, or this worker is out of the group. */
  elected(leads: boolean): void
  /** Rejects with `ConflictError` when this worker is the leader no longer, or not yet. */
  write<T>(work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

const backoff = { initialMs: 250, maxMs: 10_000 }

export function createClaims({
  store,
  clock,
  log,
  waitMs,
  syncMs,
  isLeader,
  rejoin,
  onClaimed,
}: ClaimsOptions): Claims {
  const closing = new AbortController()
  let isWanted = false
  let elections = 0
  let isClaimed = false
  /** The store may have the claim. */
  let isHeld = false
  /** The write that was refused needs a rebalance before the next claim. */
  let isRefused = false
  let turn: Promise<void> = Promise.resolve()
  let waiters: (() => void)[] = []

  function settle(): void {
    turn = turn.then(follow).catch((error: unknown) => log.error({ error }, 'the config topic could not be given up'))
  }

  /** Whoever was frozen since its election would fence the leader that there is by now, or write as if nothing had happened meanwhile. */
  async function take(): Promise<boolean> {
    if (!(await isLeader())) return false
    isHeld = true
    await store.claim()
    await store.refresh(syncMs)
    return isLeader()
  }

  /** Brings the claim in line with the newest election. */
  async function follow(): Promise<void> {
    let isUnconfirmed = false
    for (let attempt = 0; isWanted && !isClaimed && !closing.signal.aborted; attempt++) {
      const mine = elections
      try {
        isClaimed = await take()
        if (isClaimed) isRefused = false
        else isUnconfirmed = true
        if (isUnconfirmed && mine === elections) isWanted = false
        if (isClaimed && isWanted) onClaimed()
      } catch (error) {
        const retryMs = backoffDelay(attempt, backoff)
        log.warn({ error: messageOf(error), retryMs }, 'the leader could not claim the config topic')
        await clock.sleep(retryMs, closing.signal)
      }
    }
    if (isHeld && (!isWanted || closing.signal.aborted)) {
      isClaimed = false
      isHeld = false
      await store.unclaim()
    }
    // Whoever waits goes on waiting for the election that follows.
    if (isClaimed || !isUnconfirmed) wake()
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
    elected(leads) {
      elections++
      isWanted = leads
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
