import type { Stream } from '../stream.ts'

/** The times (ms) of the records before a start, so that positions from there are good for this log only. */
export const timesBefore = (stream: Stream, start: readonly number[]): Promise<readonly (number | undefined)[]> =>
  Promise.all(
    stream.tracker.partitions().map(async (partition, index) => {
      const from = start[index] ?? 0
      const at = from > 0 ? await stream.attachment.identity.timestampAt(partition, BigInt(from - 1)) : undefined
      return typeof at === 'number' ? at : undefined
    }),
  )
