import type { Clock, Logger } from '#api'

/** Tells that Kafka became unreachable or reachable again, each once. */
export interface UpstreamTeller {
  answered(): void
  failed(log: Logger, error: string): void
}

type Told = (state: { readonly reachable: boolean; readonly since: number }) => void

export function upstreamTeller(clock: Clock, told: Told = () => {}): UpstreamTeller {
  let unreachableSince: number | undefined
  return {
    answered() {
      if (unreachableSince === undefined) return
      unreachableSince = undefined
      told({ reachable: true, since: clock.now() })
    },
    failed(log, error) {
      if (unreachableSince !== undefined) return
      unreachableSince = clock.now()
      log.warn({ error }, 'Kafka does not answer; it is asked again until it does')
      told({ reachable: false, since: unreachableSince })
    },
  }
}
