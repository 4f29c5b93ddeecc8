import { type Clock, type Logger, messageOf } from '#api'
import type { ConfigStore } from '../../storage/index.ts'
import type { Claims } from './claims.ts'
import type { SessionKeys } from './session-keys.ts'

/** Looks again at least this often (ms), since clocks of workers differ. */
const longestWaitMs = 3_600_000

export interface KeyRotationOptions {
  readonly keys: SessionKeys
  readonly store: Pick<ConfigStore, 'putSessionKey'>
  readonly claims: Pick<Claims, 'write'>
  readonly clock: Clock
  readonly log: Logger
  readonly isLeader: () => boolean
}

/** The leader's care for the key that workers sign with. */
export interface KeyRotation {
  /** Something has changed: who leads, or the key. */
  look(): void
  stop(): void
}

export function createKeyRotation({ keys, store, claims, clock, log, isLeader }: KeyRotationOptions): KeyRotation {
  let timer = new AbortController()
  let isWriting = false
  let isStopped = false

  async function write(): Promise<void> {
    const key = keys.due()
    if (!key || isWriting) return
    isWriting = true
    try {
      await claims.write(() => store.putSessionKey(key))
      log.debug({}, 'a new session key was written')
    } catch (error) {
      // The next claim of the config topic looks again.
      log.warn({ error: messageOf(error) }, 'the new session key could not be written')
    } finally {
      isWriting = false
    }
  }

  async function wait(signal: AbortSignal, until: number): Promise<void> {
    await clock.sleep(Math.max(0, Math.min(until - clock.now(), longestWaitMs)), signal)
    if (!signal.aborted) look()
  }

  function look(): void {
    timer.abort()
    timer = new AbortController()
    const at = keys.dueAt()
    if (isStopped || !isLeader()) return
    if (keys.due()) void write()
    else if (at !== undefined) void wait(timer.signal, at)
  }

  return {
    look,
    stop() {
      isStopped = true
      timer.abort()
    },
  }
}
