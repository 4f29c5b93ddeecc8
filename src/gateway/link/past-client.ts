import type { PastBatch, ReplayRange } from '#api'
import { decodeBatch } from './batch-codec.ts'
import { away, toError } from './calls.ts'
import { LinkAwayError } from './link-error.ts'
import type { ToWorker } from './messages.ts'
import { createReader } from './wire.ts'

/** Reads of the past under way to one worker. */
export interface PastClient {
  read(sink: number, ranges: readonly ReplayRange[], signal: AbortSignal): AsyncIterable<PastBatch>
  took(body: Buffer): void
  /** False when it is no read's. */
  answered(call: number, failure?: { readonly message: string; readonly retriable: boolean }): boolean
  end(): void
}

/** Batches that the worker may send ahead of what is taken. */
const ahead = 2

interface Read {
  readonly batches: PastBatch[]
  isDone: boolean
  failure: Error | undefined
  wake: () => void
}

export function createPastClient(send: (message: ToWorker) => void, number: () => number): PastClient {
  const open = new Map<number, Read>()
  let hasEnded = false
  const finish = (read: Read, failure?: Error): void => {
    read.isDone = true
    read.failure = failure
    read.wake()
  }
  return {
    async *read(sink, ranges, signal) {
      if (hasEnded) throw new LinkAwayError(away)
      const call = number()
      const read: Read = { batches: [], isDone: false, failure: undefined, wake: () => undefined }
      const abort = (): void => finish(read)
      open.set(call, read)
      signal.addEventListener('abort', abort, { once: true })
      send({ t: 'read', call, sink, ranges: ranges.map((range) => ({ ...range })) })
      for (let i = 0; i < ahead; i++) send({ t: 'more', call })
      try {
        for (;;) {
          while (read.batches.length === 0 && !read.isDone && !signal.aborted)
            await new Promise<void>((resolve) => (read.wake = resolve))
          if (signal.aborted) return
          const batch = read.batches.shift()
          if (batch) {
            send({ t: 'more', call })
            yield batch
          } else if (read.failure) throw read.failure
          else return
        }
      } finally {
        signal.removeEventListener('abort', abort)
        open.delete(call)
        if (!read.isDone || signal.aborted) send({ t: 'cancel', call })
      }
    },
    took(body) {
      const head = createReader(body)
      const [call, bytes] = [head.number(), head.number()]
      const read = open.get(call)
      if (!read) return
      read.batches.push({ ...decodeBatch(body, head.at()), bytes })
      read.wake()
    },
    answered(call, failure) {
      const read = open.get(call)
      if (!read) return false
      finish(read, failure && toError(failure))
      return true
    },
    end() {
      hasEnded = true
      for (const read of open.values()) finish(read, new LinkAwayError(away))
    },
  }
}
