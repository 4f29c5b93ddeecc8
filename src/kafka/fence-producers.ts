import type { Clock } from '#api'
import type { Cluster } from './internals.ts'
import { createTransactionCoordinator } from './transaction-coordinator.ts'

/** What a fenced id would have as its time-out; whoever opens it next says its own. */
const timeoutMs = 60_000

/** Makes every producer that has one of the ids a zombie, and ends what it left open. */
export async function fenceProducers(
  cluster: Cluster,
  transactionalIds: readonly string[],
  clock: Clock,
): Promise<void> {
  const { signal } = new AbortController()
  await Promise.all(
    transactionalIds.map((transactionalId) =>
      createTransactionCoordinator({ cluster: async () => cluster, transactionalId, timeoutMs, clock, signal }).init(),
    ),
  )
}
