import type { TopicPartition } from '#api'

/** What an epoch says: whose positions it begins, and where. */
export interface EpochFacts {
  readonly connector: string
  readonly rule: string
  readonly cluster: string
  /** Cursors name partitions by their place in this list. */
  readonly partitions: readonly TopicPartition[]
  /** Of the topics whose ids are known, as much as tells them from others of their names. */
  readonly topicIds: ReadonlyMap<string, string>
  /** For each partition the next offset when the epoch was issued. */
  readonly start: readonly number[]
  /** For each partition the timestamp (ms) of a record before `start`, when one is known. */
  readonly before: readonly (number | undefined)[]
  /** How many offsets lie between that record and `start`: those of transactions' ends, of what was aborted or made no message. */
  readonly between: readonly number[]
  readonly issuedAt: number
  /** When (ms) the state was that its positions are of, when that was before: what vanished since was not told. */
  readonly asOf: number
}

const version = 4
/** Without ids of topics; positions of it are taken as those whose ids nobody knows. */
const versionBefore = 3

export function writeFacts(facts: EpochFacts): Buffer {
  const bytes: number[] = [version]
  const number = (value: number): void => {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
    bytes.push(rest)
  }
  const text = (value: string): void => {
    const utf8 = Buffer.from(value)
    number(utf8.length)
    bytes.push(...utf8)
  }
  text(facts.connector)
  text(facts.rule)
  text(facts.cluster)
  number(facts.issuedAt)
  number(Math.max(0, facts.issuedAt - facts.asOf))
  number(facts.partitions.length)
  let topic = ''
  for (const [index, partition] of facts.partitions.entries()) {
    // An empty name stands for the topic before.
    const isNext = partition.topic !== topic
    text(isNext ? partition.topic : '')
    if (isNext) text(facts.topicIds.get(partition.topic) ?? '')
    topic = partition.topic
    number(partition.partition)
    number(facts.start[index] ?? 0)
    const before = facts.before[index]
    number(before === undefined ? 0 : zigzag(facts.issuedAt - before) + 1)
    if (before !== undefined) number(facts.between[index] ?? 0)
  }
  return Buffer.from(bytes)
}

/** Undefined when the bytes are of another version or cut short. */
export function readFacts(bytes: Buffer): EpochFacts | undefined {
  let at = 1
  const number = (): number => {
    let value = 0
    for (let weight = 1; ; weight *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) throw new RangeError('The epoch is cut short.')
      value += (byte % 128) * weight
      if (byte < 128) return value
    }
  }
  const text = (): string => {
    const end = number() + at
    const value = bytes.toString('utf8', at, end)
    at = end
    return value
  }
  const hasIds = bytes[0] === version
  if (!hasIds && bytes[0] !== versionBefore) return undefined
  const [connector, rule, cluster, issuedAt] = [text(), text(), text(), number()]
  const asOf = issuedAt - number()
  const partitions: TopicPartition[] = []
  const topicIds = new Map<string, string>()
  const start: number[] = []
  const before: (number | undefined)[] = []
  const between: number[] = []
  let topic = ''
  for (let count = number(); count > 0; count--) {
    const name = text()
    const id = hasIds && name && text()
    if (id) topicIds.set(name, id)
    topic = name || topic
    partitions.push({ topic, partition: number() })
    start.push(number())
    const age = number()
    before.push(age === 0 ? undefined : issuedAt - unzigzag(age - 1))
    between.push(age === 0 ? 0 : number())
  }
  return { connector, rule, cluster, partitions, topicIds, start, before, between, issuedAt, asOf }
}

// By arithmetic: the differences outgrow 32 bits.
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value)
const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2)
