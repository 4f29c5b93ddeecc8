import type { Clock, PartitionPast, TopicPartition } from '#api'
import type { ResumeReason } from '../codes.ts'
import { inTime } from '../past/in-time.ts'
import type { Stream } from '../stream.ts'
import { decodeCursor } from './cursor.ts'
import type { Epoch } from './epoch.ts'
import type { EpochFacts } from './epoch-facts.ts'
import { isHere } from './is-here.ts'
import type { Keyring } from './keyring.ts'
import { isOtherTopic } from './topic-id.ts'
import type { Vector } from './vector.ts'

/** A position that was checked: where the client stands in the stream's partitions, or why that is of no use. */
export type Checked =
  | {
      readonly ok: true
      readonly base: Vector
      readonly epoch: Epoch | undefined
      /** When (ms) the state was that the client has. */
      readonly asOf: number
      /** The window does not know all that vanished since. */
      readonly mustRead: boolean
      /** Whether Kafka has what the window has not; undefined: it was not asked. */
      readonly past: 'readable' | ResumeReason | undefined
      /** The client asked for a time and has no state of before. */
      readonly isStart?: true
    }
  | { readonly ok: false; readonly reason: ResumeReason }

/** Checks positions of one stream. Asks Kafka only about epochs that this stream did not issue, once for each. */
export interface PositionCheck {
  /** For a subscription to these channels. Throws when Kafka cannot be asked now. */
  check(position: string, channels: readonly string[]): Promise<Checked>
}

const maxAsking = 4
const maxRemembered = 1000

export function createPositionCheck(
  stream: Stream,
  keyring: Keyring,
  { maxAgeMs, clock }: { readonly maxAgeMs: number; readonly clock: Clock },
): PositionCheck {
  const { attachment, tracker } = stream
  const topicsSame = new Map<string, Promise<boolean>>()
  let askedSince: number | undefined
  const ask = limitConcurrency(maxAsking)

  const timestampAt = (partition: TopicPartition, offset: number): Promise<number | 'below' | 'beyond' | 'gone'> =>
    ask(() => inTime(clock, attachment.identity.timestampAt(partition, BigInt(offset))))

  /** Whether the records before the epoch's start are the ones it was issued after, as far as they are still there. */
  const isSameTopic = async ({ partitions, start, before, between }: EpochFacts): Promise<boolean> => {
    const answers = await Promise.all(
      partitions.map(async (partition, index) => {
        const [from = 0, stamp] = [start[index], before[index]]
        if (from === 0 || stamp === undefined) return true
        const found = await timestampAt(partition, from - 1 - (between[index] ?? 0))
        return found === 'below' || found === 'gone' || found === stamp
      }),
    )
    return answers.every(Boolean)
  }
  const remembered = (text: string, facts: EpochFacts): Promise<boolean> => {
    const known = topicsSame.get(text)
    if (known) return known
    const asked = isSameTopic(facts)
    topicsSame.set(text, asked)
    // A question that failed is asked again by the next client; this one hears of it by its own await.
    asked.catch(() => topicsSame.delete(text))
    const [oldest] = topicsSame.keys()
    if (topicsSame.size > maxRemembered && oldest !== undefined) topicsSame.delete(oldest)
    return asked
  }

  /** Whether the epoch may be of before a log went back; what was learnt of epochs until then is forgotten. */
  const isOfFormerLog = ({ issuedAt }: EpochFacts): boolean => {
    const resetAt = stream.resetAt()
    if (askedSince !== resetAt) topicsSame.clear()
    askedSince = resetAt
    return resetAt !== undefined && issuedAt <= resetAt
  }

  /** By their ids, which tell also what was made anew after an epoch that began without any records. */
  const isOfOtherTopics = ({ topicIds }: EpochFacts): boolean => {
    const own = tracker.topicIds()
    return [...topicIds].some(([topic, id]) => isOtherTopic(id, own.get(topic)))
  }

  /** Whether the position lies beyond the end of a partition; beyond what this worker has read is no matter. */
  const isAhead = async (base: Vector): Promise<boolean> => {
    const { next } = tracker.vector()
    const needed = tracker.partitions().flatMap((partition, index) => {
      const end = (base.next[index] ?? 0) + (base.paths.has(index) ? 1 : 0)
      return end > (next[index] ?? 0) ? [{ ...partition, end }] : []
    })
    if (needed.length === 0) return false
    const isBeyond = (held: readonly PartitionPast[]): boolean =>
      needed.some(({ topic, partition, end }) =>
        held.some((each) => each.topic === topic && each.partition === partition && end > each.high),
      )
    const { readBacks } = stream
    // When a worker was lost all its clients are ahead of the others: few questions are for all.
    if (readBacks) return isBeyond(await readBacks.bounds()) && isBeyond(await readBacks.boundsNow())
    for (const { end, ...partition } of needed) if ((await timestampAt(partition, end - 1)) === 'beyond') return true
    return false
  }

  /** What vanished while it was read back was not told, nor what vanished before this worker began to read. */
  const missesExpiries = (asOf: number, issuedAt: number): boolean =>
    attachment.snapshot.expireMs > 0 && (asOf < issuedAt || asOf < stream.unreadPast.vanishedAt())

  return {
    async check(position, channels) {
      const dot = position.indexOf('.')
      if (dot === -1) return no('position_invalid')
      const [text, cursor] = [position.slice(0, dot), position.slice(dot)]
      const epoch = stream.epochs.own(text)
      const facts = epoch ? undefined : keyring.open(text)
      const vector = decodeCursor((epoch ?? facts)?.start ?? [], cursor)
      if (!vector || !(epoch ?? facts) || (facts && facts.connector !== stream.connector)) return no('position_invalid')
      if (facts && facts.cluster !== stream.cluster()) return no('cluster_changed')
      if (facts && facts.rule !== attachment.rule) return no('rule_changed')
      if (facts && (isOfFormerLog(facts) || isOfOtherTopics(facts))) return no('topic_changed')
      if ((epoch ?? facts ?? { issuedAt: 0 }).issuedAt + maxAgeMs < clock.now()) return no('position_expired')
      const base = epoch ? vector : translate(vector, facts?.partitions ?? [], stream)
      if (!base || (facts && !(await remembered(text, facts)))) return no('topic_changed')
      if (await isAhead(base)) return no('position_ahead')
      const { asOf, issuedAt } = epoch ?? facts ?? { asOf: 0, issuedAt: 0 }
      const mustRead = missesExpiries(asOf, issuedAt)
      const isThere = !mustRead && isHere(stream, channels, base)
      const past = isThere ? undefined : await (stream.readBacks?.judge(base, asOf) ?? 'window_passed')
      return { ok: true, base, epoch, asOf, mustRead, past }
    },
  }
}

const no = (reason: ResumeReason): Checked => ({ ok: false, reason })

/** The vector by the stream's own places of partitions; undefined when one is not the stream's. */
function translate(vector: Vector, partitions: readonly TopicPartition[], stream: Stream): Vector | undefined {
  const next: number[] = stream.tracker.partitions().map(() => 0)
  const paths = new Map<number, readonly number[]>()
  for (const [index, partition] of partitions.entries()) {
    const own = stream.tracker.indexOf(partition)
    const path = vector.paths.get(index)
    const at = vector.next[index] ?? 0
    // Of one that nothing was read of nothing can be missed.
    if (own === undefined && at === 0 && !path) continue
    if (own === undefined) return undefined
    next[own] = at
    if (path) paths.set(own, path)
  }
  return { next, paths }
}

function limitConcurrency(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    // Who waits takes over the place of the one that ends.
    if (running < limit) running++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
