import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from './cluster.ts'
import { eventually } from './eventually.ts'
import { pick } from './soak-model.ts'

export interface SoakWorkers {
  /** Kills, stops, freezes and starts at random until `signal` aborts; those that live through are frozen only. */
  run(signal: AbortSignal, living: readonly number[]): Promise<void>
  /** All run and are members again. */
  all(): Promise<void>
  /** Of those that take requests. */
  urls(): readonly string[]
  /** The longest (ms) that one took to end by SIGTERM. */
  slowestStop(): number
}

export interface SoakWorkersOptions {
  readonly cluster: Cluster
  readonly random: () => number
  readonly did: (action: string) => void
  readonly pauseMs: number
  /** Past the session time-out. */
  readonly frozenMs: number
}

/** Somebody who does not look after the workers of a cluster. */
export function createSoakWorkers({ cluster, random, did, pauseMs, frozenMs }: SoakWorkersOptions): SoakWorkers {
  const all = cluster.urls.map((_, worker) => worker)
  const down = new Set<number>()
  let frozen: { readonly worker: number; readonly thawed: Promise<void> } | undefined
  let slowestStop = 0

  const answers = (worker: number): Promise<boolean> =>
    fetch(`${cluster.urls[worker]}/health`, { signal: AbortSignal.timeout(5000) }).then(
      () => true,
      () => false,
    )

  async function stop(worker: number): Promise<void> {
    const began = performance.now()
    await cluster.stop(worker)
    slowestStop = Math.max(slowestStop, performance.now() - began)
  }

  function freeze(worker: number): void {
    cluster.freeze(worker)
    const thaw = async (): Promise<void> => {
      await sleep(frozenMs)
      cluster.thaw(worker)
      frozen = undefined
    }
    frozen = { worker, thawed: thaw() }
  }

  return {
    async run(signal, living) {
      while (!signal.aborted) {
        const mortal = all.filter((worker) => !living.includes(worker) && worker !== frozen?.worker)
        const up = mortal.filter((worker) => !down.has(worker))
        const one = pick(random, down.size + up.length > 0 ? mortal : all)
        const how = random()
        if (down.has(one)) {
          did('worker started')
          down.delete(one)
          await cluster.start(one)
        } else if (how < 0.2 && !frozen) {
          did('worker frozen')
          freeze(pick(random, [...living, ...up]))
        } else if (up.includes(one) && all.length - down.size > (frozen ? 2 : 1)) {
          // A process that has just begun has nothing to end.
          const kills = how < 0.65 || !(await answers(one))
          did(kills ? 'worker killed' : 'worker stopped')
          down.add(one)
          if (kills) await cluster.kill(one)
          else await stop(one)
        }
        await sleep((0.2 + random()) * pauseMs, undefined, { signal }).catch(() => undefined)
      }
    },
    async all() {
      await frozen?.thawed
      for (const worker of down) {
        down.delete(worker)
        await cluster.start(worker)
      }
      await eventually(
        async () => {
          const states = await Promise.all(cluster.urls.map((url) => fetch(`${url}/health`)))
          return states.every(({ status }) => status === 200)
        },
        { timeoutMs: 60_000, what: 'every worker in the group' },
      )
    },
    urls: () => cluster.urls.filter((_, worker) => !down.has(worker) && worker !== frozen?.worker),
    slowestStop: () => slowestStop,
  }
}
