import type { Clock, TopicIdentity } from '#api'
import type { GateState } from './messages.ts'

const againMs = 1000

/**
 * Whether the records before a gate's places are the ones it has, as far as they are still there. Asks until Kafka answers, or nobody wants
 * to know any more.
 */
export async function isSameLog(
  identity: TopicIdentity,
  { partitions }: GateState,
  isWanted: () => boolean,
  clock: Clock,
): Promise<boolean> {
  for (; isWanted(); await clock.sleep(againMs)) {
    try {
      const answers = await Promise.all(
        partitions.map(async (at) => {
          if (at.offset === 0n || at.timestamp === undefined) return true
          const found = await identity.timestampAt(at, at.offset - 1n)
          return found === 'below' || found === 'gone' || found === at.timestamp
        }),
      )
      return answers.every(Boolean)
    } catch {
      // Kafka cannot be asked now: the gate's clients wait meanwhile.
    }
  }
  return false
}
