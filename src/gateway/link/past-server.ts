import { ConnectError, messageOf, type ReplayRange, type SinkPast } from '#api'
import type { ReadBudget } from '../past/read-budget.ts'
import { encodeBatch } from './batch-codec.ts'
import type { Line } from './line.ts'
import { LinkError } from './link-error.ts'
import type { ToGate } from './messages.ts'
import type { OfferedSink } from './sink-offer.ts'

/** Reads the past for a gate: only as fast as the gate takes the batches. */
export interface PastServer {
  /** Throws `LinkError` for a call that is under way already. */
  read(call: number, sink: OfferedSink | undefined, ranges: readonly ReplayRange[]): void
  more(call: number): void
  cancel(call: number): void
  end(): void
}

/** One gate may have so many reads under way, and each may be asked for so many batches ahead. */
const [maxReads, maxAhead] = [32, 16]

/** `budget` is that of all links. */
export function createPastServer(line: Line, budget: ReadBudget): PastServer {
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
        await budget.spend(bytes, signal)
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
    read(call, sink, ranges) {
      if (open.has(call)) throw new LinkError('A gate asked twice for one reading of the past.')
      const refuse = (message: string, retriable: boolean): void =>
        line.send({ t: 'failure', call, message, retriable } satisfies ToGate)
      const past = sink?.attachment.past
      if (!past) return refuse('The sink has no past.', false)
      if (open.size >= maxReads) return refuse('The worker reads the past for this gate as often as it may.', true)
      // A worker that has only begun to read does not know its partitions yet.
      const own = sink.within(ranges)
      if (!own) return refuse('The sink does not publish these partitions.', true)
      void run(call, past, own)
    },
    more(call) {
      const read = open.get(call)
      if (!read) return
      read.credit = Math.min(read.credit + 1, maxAhead)
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
