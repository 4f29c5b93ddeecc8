import { ConnectError, messageOf, type ReplayRange, type SinkPast } from '#api'
import { encodeBatch } from './batch-codec.ts'
import type { Line } from './line.ts'
import type { ToGate } from './messages.ts'

/** Reads the past for a gate: only as fast as the gate takes the batches. */
export interface PastServer {
  read(call: number, past: SinkPast | undefined, ranges: readonly ReplayRange[]): void
  more(call: number): void
  cancel(call: number): void
  end(): void
}

/** One gate may have so many reads under way. */
const maxReads = 32

export function createPastServer(line: Line): PastServer {
  const open = new Map<number, { readonly life: AbortController; credit: number; wake: () => void }>()
  const run = async (call: number, past: SinkPast, ranges: readonly ReplayRange[]): Promise<void> => {
    const read = { life: new AbortController(), credit: 0, wake: (): void => undefined }
    const { signal } = read.life
    open.set(call, read)
    try {
      for await (const { bytes, ...batch } of past.read(ranges, signal)) {
        while (read.credit === 0 && !signal.aborted) await new Promise<void>((resolve) => (read.wake = resolve))
        if (signal.aborted) return
        read.credit--
        line.sendFrame(encodeBatch('past', [call, bytes], batch))
      }
      line.send({ t: 'answer', call } satisfies ToGate)
    } catch (error) {
      if (!signal.aborted) line.send(failure(call, error))
    } finally {
      open.delete(call)
    }
  }
  const cancel = (call: number): void => {
    const read = open.get(call)
    read?.life.abort()
    read?.wake()
  }
  return {
    read(call, past, ranges) {
      if (!past || open.size >= maxReads) {
        const message = past ? 'The worker reads the past for this gate as often as it may.' : 'The sink has no past.'
        return line.send({ t: 'failure', call, message, retriable: past !== undefined } satisfies ToGate)
      }
      void run(call, past, ranges)
    },
    more(call) {
      const read = open.get(call)
      if (!read) return
      read.credit++
      read.wake()
    },
    cancel,
    end() {
      for (const call of open.keys()) cancel(call)
    },
  }
}

export const failure = (call: number, error: unknown): Extract<ToGate, { t: 'failure' }> => ({
  t: 'failure',
  call,
  message: messageOf(error),
  retriable: ConnectError.is(error) && error.retriable,
})
