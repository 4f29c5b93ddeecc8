import type { Asker } from './asker.ts'
import { fetchPartitions, lookLimits, nextOffsetOf } from './log-fetch.ts'
import { toRecord, visibleMessages } from './messages.ts'
import type { KafkaRecord, PartitionBounds } from './ports.ts'
import { matchTopics, type TopicSpec } from './topics.ts'

/** The newest records of some topics by their timestamps, oldest first. No group is involved, so nothing of it stays in Kafka. */
export async function readNewest(
  asker: Asker,
  specs: readonly TopicSpec[],
  limit: number,
  signal: AbortSignal,
): Promise<readonly KafkaRecord[]> {
  const { existing } = matchTopics(specs, await asker.listTopics())
  const held = (await asker.bounds(existing, 'stable')).filter(({ low, high }) => low < high)
  if (held.length === 0 || limit <= 0) return []
  const records: KafkaRecord[] = []
  for (const bounds of held) {
    signal.throwIfAborted()
    records.push(...(await readEnd(asker, bounds, limit, signal)))
  }
  return records.toSorted((a, b) => a.timestamp - b.timestamp).slice(-limit)
}

/** Goes back further, doubling, while compaction, control records or aborted ones leave fewer than wanted. */
async function readEnd(
  asker: Asker,
  { topic, partition, low, high }: PartitionBounds,
  limit: number,
  signal: AbortSignal,
): Promise<readonly KafkaRecord[]> {
  for (let back = BigInt(limit); ; back *= 2n) {
    const from = high - back > low ? high - back : low
    const records = await readBetween(asker, { topic, partition, low: from, high }, limit, signal)
    if (records.length >= limit || from === low) return records.slice(-limit)
  }
}

const readBetween = (
  asker: Asker,
  { topic, partition, low, high }: PartitionBounds,
  limit: number,
  signal: AbortSignal,
): Promise<readonly KafkaRecord[]> =>
  asker.cluster([topic], async (cluster) => {
    let records: KafkaRecord[] = []
    for (let position = low; position < high; ) {
      signal.throwIfAborted()
      const [answer] = await fetchPartitions(cluster, [{ topic, partition, position }], lookLimits)
      if (!answer) break
      const next = nextOffsetOf(answer, answer.fetched.messages.length === 0)
      // An open transaction at the end: what follows is not to be seen yet.
      if (next === position) break
      const visible = visibleMessages(answer.fetched, position)
      records = [...records, ...visible.map((message) => toRecord(topic, partition, message))].slice(-limit)
      position = next
    }
    return records
  })
