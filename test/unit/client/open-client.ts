import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type Client, type ClientOptions, type ClientState, connect } from '../../../src/client/index.ts'
import type { Timers } from '../../../src/client/options.ts'
import { createInbox } from './fake-gate.ts'

export interface ManualTimers extends Timers {
  advance(ms: number): void
}

/** Time that stands still until the test moves it. */
export function manualTimers(): ManualTimers {
  let now = 0
  const due = new Map<object, { at: number; callback: () => void }>()
  return {
    now: () => now,
    set(callback, ms) {
      const handle = {}
      due.set(handle, { at: now + ms, callback })
      return handle
    },
    clear: (handle) => void due.delete(handle as object),
    advance(ms) {
      const end = now + ms
      for (;;) {
        const [next] = [...due].filter(([, { at }]) => at <= end).toSorted(([, a], [, b]) => a.at - b.at)
        if (!next) break
        due.delete(next[0])
        now = Math.max(now, next[1].at)
        next[1].callback()
      }
      now = end
    },
  }
}

export interface OpenedClient {
  readonly client: Client
  readonly timers: ManualTimers
  /** Waits until the client is in this state, from the oldest change that was not looked at. */
  readonly reached: <S extends ClientState['state']>(state: S) => Promise<Extract<ClientState, { state: S }>>
}

/** A client whose back-off is the full ceiling, in standing time. */
export function openClient(url: string | readonly string[], options: ClientOptions = {}): OpenedClient {
  const timers = manualTimers()
  const states = createInbox<ClientState>()
  const client = connect(url, { WebSocket, timers, random: () => 1, ...options })
  client.onState((state) => states.put(state))
  onTestFinished(() => client.close())
  return {
    client,
    timers,
    async reached(wanted) {
      for (;;) {
        const state = await states.take()
        if (state.state === wanted) return state as never
      }
    },
  }
}
