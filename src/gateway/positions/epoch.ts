import type { TopicPartition } from '#api'
import type { EpochFacts } from './epoch-facts.ts'
import type { Keyring } from './keyring.ts'

/** The beginning of positions, shared by all that are issued on one worker for a while. */
export interface Epoch {
  readonly partitions: readonly TopicPartition[]
  readonly start: readonly number[]
  readonly issuedAt: number
  /** Before `issuedAt` while somebody is read back. */
  readonly asOf: number
  /** Sealed when it is first told. */
  text(): string
}

/** The epochs of one stream that were told, so that a position of our own need neither be opened nor checked. */
export interface Epochs {
  issue(facts: Omit<EpochFacts, 'connector' | 'rule' | 'cluster'>): Epoch
  own(text: string): Epoch | undefined
  /** What was told so far is no longer taken for our own. */
  clear(): void
}

const maxRemembered = 1000

export function createEpochs(
  identify: () => Pick<EpochFacts, 'connector' | 'rule' | 'cluster'>,
  keyring: Keyring,
): Epochs {
  let told = new Map<string, Epoch>()
  return {
    issue(facts) {
      let sealed: string | undefined
      const list = told
      const epoch: Epoch = {
        partitions: facts.partitions,
        start: facts.start,
        issuedAt: facts.issuedAt,
        asOf: facts.asOf,
        text() {
          if (sealed !== undefined) return sealed
          sealed = keyring.seal({ ...identify(), ...facts })
          list.set(sealed, epoch)
          const [oldest] = list.keys()
          if (list.size > maxRemembered && oldest !== undefined) list.delete(oldest)
          return sealed
        },
      }
      return epoch
    },
    own: (text) => told.get(text),
    clear() {
      told = new Map()
    },
  }
}
