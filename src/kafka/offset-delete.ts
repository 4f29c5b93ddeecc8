import type { TopicPartition } from '#api'
import { encoded, type ProtocolCall } from './internals.ts'
import { groupBy } from './partition-map.ts'

export interface OffsetDeleteAnswer {
  readonly errorCode: number
  readonly failed: readonly (TopicPartition & { readonly errorCode: number })[]
}

/** OffsetDelete v0 (KIP-496), which kafkajs lacks. */
export function offsetDelete(groupId: string, partitions: readonly TopicPartition[]): ProtocolCall<OffsetDeleteAnswer> {
  const topics = [...groupBy(partitions, ({ topic }) => topic)]
  const buffer = Buffer.concat([
    string(groupId),
    int32(topics.length),
    ...topics.flatMap(([topic, group]) => [
      string(topic),
      int32(group.length),
      ...group.map(({ partition }) => int32(partition)),
    ]),
  ])
  return {
    request: { apiKey: 47, apiVersion: 0, apiName: 'OffsetDelete', encode: async () => encoded(buffer) },
    response: { decode: async (raw) => decode(raw), parse: async (answer) => answer },
  }
}

function decode(raw: Buffer): OffsetDeleteAnswer {
  const errorCode = raw.readInt16BE(0)
  const failed: (TopicPartition & { errorCode: number })[] = []
  // The throttle time lies between.
  let at = 6
  const number = () => raw.readInt32BE((at += 4) - 4)
  for (let topics = number(); topics > 0; topics--) {
    const length = raw.readInt16BE(at)
    const topic = raw.toString('utf8', at + 2, at + 2 + length)
    at += 2 + length
    for (let partitions = number(); partitions > 0; partitions--) {
      const partition = number()
      const code = raw.readInt16BE((at += 2) - 2)
      if (code !== 0) failed.push({ topic, partition, errorCode: code })
    }
  }
  return { errorCode, failed }
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(2)
  length.writeInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
