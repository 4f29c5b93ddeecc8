import type { ProducerIdentity } from './init-producer-id.ts'
import type { TopicPartitions } from './internals.ts'
import type { TransactionCoordinator } from './transaction-coordinator.ts'

/** What kafkajs asks whoever counts the batches of a transactional producer. */
export interface SequenceKeeper {
  getProducerId(): string
  getProducerEpoch(): number
  getTransactionalId(): string
  getSequence(topic: string, partition: number): number
  updateSequence(topic: string, partition: number, increment: number): void
  addPartitionsToTransaction(
    topics: readonly { readonly topic: string; readonly partitions: readonly { readonly partition: number }[] }[],
  ): Promise<void>
  isTransactional(): boolean
  isInitialized(): boolean
  isInTransaction(): boolean
  acquireBrokerLock(): Promise<void>
  releaseBrokerLock(): Promise<void>
}

/**
 * The identity of a producer, its sequences and what its transaction has reached. kafkajs has one of its own, which asks for the end of a
 * transaction only once, cannot go on after a lost answer, and counts sequences again after a failure, so that the broker takes the next
 * transaction's first batch for a repetition.
 */
export interface TransactionState extends SequenceKeeper {
  readonly identity: ProducerIdentity | undefined
  /** The coordinator may know of an open transaction. */
  readonly isOngoing: boolean
  /** Under a new identity every sequence begins anew. */
  renewed(identity: ProducerIdentity): void
  began(): void
  ended(): void
}

/** Sequences are 31 bits and wrap around. */
const sequences = 2 ** 31

export function createTransactionState(transactionalId: string, coordinator: TransactionCoordinator): TransactionState {
  let identity: ProducerIdentity | undefined
  let counts = new Map<string, number>()
  let members = new Set<string>()
  let isOpen = false
  let isOngoing = false
  let adding: Promise<void> = Promise.resolve()
  const idOf = (topic: string, partition: number): string => `${topic}-${partition}`

  async function add(topics: Parameters<SequenceKeeper['addPartitionsToTransaction']>[0]): Promise<void> {
    const added = topics.flatMap(({ topic, partitions }): TopicPartitions[] => {
      const fresh = partitions.map(({ partition }) => partition).filter((each) => !members.has(idOf(topic, each)))
      return fresh.length > 0 ? [{ topic, partitions: fresh }] : []
    })
    if (added.length === 0 || !identity) return
    isOngoing = true
    await coordinator.add(identity, added)
    for (const { topic, partitions } of added) for (const each of partitions) members.add(idOf(topic, each))
  }

  return {
    get identity() {
      return identity
    },
    get isOngoing() {
      return isOngoing
    },
    renewed(next) {
      identity = next
      counts = new Map()
    },
    began() {
      members = new Set()
      isOpen = true
    },
    ended() {
      isOpen = false
      isOngoing = false
    },
    getProducerId: () => String(identity?.producerId ?? -1n),
    getProducerEpoch: () => identity?.epoch ?? -1,
    getTransactionalId: () => transactionalId,
    getSequence: (topic, partition) => counts.get(idOf(topic, partition)) ?? 0,
    updateSequence(topic, partition, increment) {
      const id = idOf(topic, partition)
      counts.set(id, ((counts.get(id) ?? 0) + increment + sequences) % sequences)
    },
    // Batches for several brokers go out at once; their partitions are added one after the other.
    addPartitionsToTransaction: (topics) =>
      (adding = adding.then(
        () => add(topics),
        () => add(topics),
      )),
    isTransactional: () => true,
    isInitialized: () => identity !== undefined,
    isInTransaction: () => isOpen,
    // One batch at a time is all that its owner sends.
    acquireBrokerLock: async () => undefined,
    releaseBrokerLock: async () => undefined,
  }
}
