import type { Progress, Publication, RecordOrigin, TopicPartition } from '#api'
import { completeFrame, type FrameKind, frameHead } from './framing.ts'
import { LinkError } from './link-error.ts'
import { createReader, createWriter } from './wire.ts'

/** Publications in the order of their records, and how far they came. */
export interface Batch {
  readonly publications: readonly Publication[]
  readonly progress: readonly Progress[]
}

const [sameOrigin, hasKey, hasData, hasPath, sameChannel] = [1, 2, 4, 8, 16]
const writer = createWriter(65_536)

/**
 * A frame with `head`, the partitions it speaks of, the progress, for each publication its coordinates and the lengths of its texts, and all
 * texts in one piece, which costs one call whatever their number.
 */
export function encodeBatch(kind: FrameKind, head: readonly number[], { publications, progress }: Batch): Buffer {
  const partitions: TopicPartition[] = []
  const indexes = new Map<string, number[]>()
  const indexOf = ({ topic, partition }: TopicPartition): number => {
    const known = indexes.get(topic)?.[partition]
    if (known !== undefined) return known
    const ofTopic = indexes.get(topic) ?? []
    ofTopic[partition] = partitions.length
    indexes.set(topic, ofTopic)
    return partitions.push({ topic, partition }) - 1
  }
  for (const at of progress) indexOf(at)
  for (const { origin } of publications) indexOf(origin)

  writer.bytes(frameHead)
  for (const number of head) writer.number(number)
  writer.number(partitions.length)
  for (const { topic, partition } of partitions) {
    writer.text(topic)
    writer.number(partition)
  }
  writer.number(progress.length)
  for (const at of progress) writeCoordinates(indexOf(at), at)

  let texts = ''
  for (const { channel, key, data } of publications) texts += channel + (key ?? '') + (data ?? '')
  const bytes = Buffer.from(texts)
  const isAscii = bytes.length === texts.length
  const lengthOf = (text: string): number => (isAscii ? text.length : Buffer.byteLength(text))
  writer.number(isAscii ? 1 : 0)
  writer.number(publications.length)
  let origin: RecordOrigin | undefined
  let channel: string | undefined
  for (const publication of publications) {
    const { key, data, path } = publication
    const isSame = origin !== undefined && isSameRecord(origin, publication.origin)
    const isSameChannel = publication.channel === channel
    writer.number(
      (isSame ? sameOrigin : 0) |
        (key === undefined ? 0 : hasKey) |
        (data === undefined ? 0 : hasData) |
        (path.length === 0 ? 0 : hasPath) |
        (isSameChannel ? sameChannel : 0),
    )
    if (!isSame) writeCoordinates(indexOf(publication.origin), publication.origin)
    if (path.length > 0) {
      writer.number(path.length)
      for (const step of path) writer.number(step)
    }
    writer.number(lengthOf(publication.channel))
    if (key !== undefined) writer.number(lengthOf(key))
    if (data !== undefined) writer.number(lengthOf(data))
    ;({ origin, channel } = publication)
  }
  writer.bytes(bytes)
  return completeFrame(kind, writer.take())
}

/** Kafka writes -1 where there is no timestamp. */
function writeCoordinates(index: number, at: { readonly offset: bigint; readonly timestamp: number }): void {
  writer.number(index)
  writer.number(Number(at.offset))
  writer.number(at.timestamp + 1)
}

export const isSameRecord = (a: RecordOrigin, b: RecordOrigin): boolean =>
  a === b || (a.offset === b.offset && a.partition === b.partition && a.topic === b.topic)

/** Reads a batch that begins at `start`. Throws `LinkError`. */
export function decodeBatch(bytes: Buffer, start: number): Batch {
  const heads = createReader(bytes, start)
  const partitions = times(heads.number(), () => ({ topic: heads.text(), partition: heads.number() }))
  const coordinates = (): RecordOrigin => {
    const partition = partitions[heads.number()]
    if (!partition) throw new LinkError('A batch names a partition that it does not list.')
    return { ...partition, offset: BigInt(heads.number()), timestamp: heads.number() - 1 }
  }
  const progress = times(heads.number(), coordinates)
  const isAscii = heads.number() === 1
  const count = heads.number()
  if (count > bytes.length) throw new LinkError('A batch promises more than it can hold.')
  interface Head {
    readonly flags: number
    readonly origin: RecordOrigin
    readonly path: readonly number[]
    readonly channel: number
    readonly key: number
    readonly data: number
  }
  let origin: RecordOrigin | undefined
  const found: Head[] = times(count, () => {
    const flags = heads.number()
    if ((flags & sameOrigin) === 0) origin = coordinates()
    if (!origin) throw new LinkError('A batch begins in the middle of a record.')
    const path = (flags & hasPath) === 0 ? noPath : times(heads.number(), () => heads.number())
    const [channel, key] = [heads.number(), (flags & hasKey) === 0 ? 0 : heads.number()]
    return { flags, origin, path, channel, key, data: (flags & hasData) === 0 ? 0 : heads.number() }
  })
  const texts = createReader(bytes, heads.at())
  let channel = ''
  const publications = found.map((head): Publication => {
    const name = texts.slice(head.channel, isAscii)
    // One text for all messages of a channel in a row.
    if ((head.flags & sameChannel) === 0) channel = name
    return {
      channel,
      key: (head.flags & hasKey) === 0 ? undefined : texts.slice(head.key, isAscii),
      data: (head.flags & hasData) === 0 ? undefined : texts.slice(head.data, isAscii),
      origin: head.origin,
      path: head.path,
    }
  })
  return { publications, progress }
}

const noPath: readonly number[] = []

function times<T>(count: number, make: () => T): T[] {
  const made: T[] = []
  for (let i = 0; i < count; i++) made.push(make())
  return made
}
