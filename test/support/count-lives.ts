import type { GateCluster } from './gate-cluster.ts'
import { watchFigure } from './machine-figures.ts'

/** Counters of all workers, over all their lives: each life begins at 0. */
export interface LifeCounts {
  /** Looks at a worker, as before it is killed: what it counts after its last look is lost. */
  look(worker: number): Promise<void>
  stop(): Promise<Readonly<Record<string, number>>>
}

/** Looks at these counters each second; names are those of `GateCluster.metric`. */
export function countLives({ urls, metric }: GateCluster, names: readonly string[]): LifeCounts {
  const last = urls.map(() => new Map<string, number>())
  const sums = new Map(names.map((name) => [name, 0]))
  async function look(worker: number): Promise<void> {
    const counts = last[worker]
    for (const name of names) {
      const count = await metric(worker, name).catch(() => undefined)
      if (count === undefined || counts === undefined) continue
      const before = counts.get(name) ?? 0
      sums.set(name, (sums.get(name) ?? 0) + (count >= before ? count - before : count))
      counts.set(name, count)
    }
  }
  const lookAtAll = async (): Promise<number> => {
    for (const worker of urls.keys()) await look(worker)
    return 0
  }
  const watch = watchFigure(1000, lookAtAll)
  return {
    look,
    async stop() {
      await watch.stop()
      await lookAtAll()
      return Object.fromEntries(sums)
    },
  }
}
