import type { Clock } from '#api'
import type { Cluster } from './internals.ts'
import { protocolCodeOf } from './refusals.ts'
import { createTransactionCoordinator } from './transaction-coordinator.ts'

/** What every `transaction.max.timeout.ms` allows that is not there to break things. */
const lowestMs = 1000
const invalidTimeout = 50

/**
 * Makes every producer that has one of the ids a zombie, and ends what it left open. `timeoutMs` is for how long the coordinator may try, as
 * in Kafka's own client, and a fenced id's time-out until whoever opens it next says its own; a broker that takes no such long one gets a
 * short one.
 */
export async function fenceProducers(
  cluster: Cluster,
  transactionalIds: readonly string[],
  { clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number },
): Promise<void> {
  const { signal } = new AbortController()
  const init = (transactionalId: string, ms: number) =>
    createTransactionCoordinator({ cluster: async () => cluster, transactionalId, timeoutMs: ms, clock, signal }).init()
  const fence = async (transactionalId: string): Promise<void> => {
    try {
      await init(transactionalId, timeoutMs)
    } catch (error) {
      if (protocolCodeOf(error) !== invalidTimeout) throw error
      await init(transactionalId, lowestMs)
    }
  }
  await Promise.all(transactionalIds.map(fence))
}
