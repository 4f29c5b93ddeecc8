import type { TopicPartition } from '#api'
import type { EpochFacts } from './epoch-facts.ts'
import type { Keyring } from './keyring.ts'

/** The beginning of positions, shared by all that are issued on one worker for a while. */
export interface Epoch {
  readonly partitions: readonly TopicPartition[]
  readonly start: readonly number[]
  readonly issuedAt: number
  /** Sealed when it is first told. */
  text(): string
}

/** The epochs of one stream that were told, so that a position of our own need neither be opened nor checked. */
export interface Epochs {
  issue(facts: Omit<EpochFacts, 'connector' | 'rule' | 'cluster'>): Epoch
  own(text: string): Epoch | undefined
}

const maxRemembered = 1000

export function createEpochs(
  identify: () => Pick<EpochFacts, 'connector' | 'rule' | 'cluster'>,
  keyring: Keyring,
): Epochs {
  const told = new Map<string, Epoch>()
  return {
    issue(facts) {
      let sealed: string | undefined
      const epoch: Epoch = {
        partitions: facts.partitions,
        start: facts.start,
        issuedAt: facts.issuedAt,
        text() {
          if (sealed !== undefined) return sealed
          sealed = keyring.seal({ ...identify(), ...facts })
          told.set(sealed, epoch)
          const [oldest] = told.keys()
          if (told.size > maxRemembered && oldest !== undefined) told.delete(oldest)
          return sealed
        },
      }
      return epoch
    },
    own: (text) => told.get(text),
  }
}
