import type { Clock } from '#api'
import { inTime } from '../past/in-time.ts'
import type { ReadBacks } from '../past/read-backs.ts'
import { timesBefore } from '../past/times-before.ts'
import type { Stream } from '../stream.ts'
import type { Checked } from './resume.ts'
import { noPaths } from './vector.ts'

export interface PastStart {
  readonly checked: Extract<Checked, { ok: true }>
  /** The position of it, whole. */
  readonly position: string
}

/** Where a time lies in the partitions of a stream, as if a client had come with a position there. Rejects when Kafka does not answer. */
export async function startAt(
  stream: Stream,
  readBacks: ReadBacks,
  time: 'earliest' | number,
  clock: Clock,
): Promise<PastStart> {
  const offsets =
    time === 'earliest'
      ? (await readBacks.bounds()).map(({ low, ...partition }) => ({ ...partition, offset: low }))
      : await readBacks.offsetsAt(time)
  const partitions = stream.tracker.partitions()
  const { next: here } = stream.tracker.vector()
  const next = partitions.map(({ topic, partition }, index) => {
    const found = offsets.find((each) => each.topic === topic && each.partition === partition)
    return found ? Number(found.offset) : (here[index] ?? 0)
  })
  const before = await inTime(clock, timesBefore(stream, next))
  const issuedAt = clock.now()
  // Nothing older than what is asked for was ever shown to it.
  const asOf = time === 'earliest' ? 0 : Math.min(issuedAt, time + stream.attachment.snapshot.expireMs)
  const topicIds = stream.tracker.topicIds()
  const epoch = stream.epochs.issue({ partitions, topicIds, start: next, before, between: [], issuedAt, asOf })
  const base = { next, paths: noPaths }
  return {
    checked: { ok: true, base, epoch, asOf, mustRead: false, past: 'readable', isStart: true },
    position: `${epoch.text()}.`,
  }
}
