import type { Logger } from '#api'
import { messageOf } from '#api'
import { type ConfigLogRecord, createConfigLog } from './config-log.ts'
import type { ConfigChange, ConfigState } from './config-store.ts'

/** Follows the config topic: keeps the state, tells changes, and wakes who waits for an offset. */
export interface ConfigReader {
  accept(record: ConfigLogRecord): void
  state(): ConfigState
  /** What was read before is told to nobody. */
  onChange(listener: (change: ConfigChange) => void): void
  /** Resolves when the record of this offset, or a later one, was accepted, or when the signal aborts. */
  reached(offset: bigint, signal: AbortSignal): Promise<void>
}

export function createConfigReader(log: Logger): ConfigReader {
  const machine = createConfigLog((facts, message) => log.warn(facts, message))
  const listeners: ((change: ConfigChange) => void)[] = []
  const waiting = new Set<{ readonly offset: bigint; readonly wake: () => void }>()
  let last = -1n

  function tell(change: ConfigChange): void {
    for (const listener of listeners) {
      try {
        listener(change)
      } catch (error) {
        log.error({ change: change.kind, reason: messageOf(error) }, 'a change of the config topic was not taken up')
      }
    }
  }

  return {
    accept(record) {
      const changes = machine.apply(record)
      last = record.offset
      changes.forEach(tell)
      for (const each of waiting) if (last >= each.offset) each.wake()
    },
    state: machine.snapshot,
    onChange: (listener) => void listeners.push(listener),
    reached: (offset, signal) =>
      new Promise((resolve) => {
        if (last >= offset || signal.aborted) return resolve()
        const wake = () => {
          waiting.delete(waiter)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        const waiter = { offset, wake }
        waiting.add(waiter)
        signal.addEventListener('abort', wake)
      }),
  }
}
