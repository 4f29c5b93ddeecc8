import type { Clock, Logger, RevocationLog } from '#api'
import { createGateEnd, type GateEnd, type GateEndOptions, type HubPort } from '../gateway/index.ts'
import { createLinkedRevocations } from './link-revocations.ts'

/** What a gate without Kafka has instead: its end of the links to workers, with the revocations that come over them. */
export interface LinkedGate {
  readonly end: GateEnd
  readonly revocations: RevocationLog
  /** Whether a worker has said all that it has. */
  isStarted(): boolean
  /** Where the workers' sinks and sources go; before any link. */
  serve(port: HubPort): void
}

export interface LinkedGateOptions extends Pick<GateEndOptions, 'behind' | 'limits'> {
  readonly name: string
  readonly log: Logger
  readonly clock: Clock
  /** A worker said something else. */
  readonly told?: (name: string, body: unknown) => void
}

export function createLinkedGate({ told, ...options }: LinkedGateOptions): LinkedGate {
  let port: HubPort | undefined
  const ports = (): HubPort => {
    if (port) return port
    throw new Error('A worker was linked before there was a gate.')
  }
  const end = createGateEnd({
    ...options,
    port: { attachSink: (sink) => ports().attachSink(sink), attachSource: (source) => ports().attachSource(source) },
    told(name, body) {
      if (!revocations.told(name, body)) told?.(name, body)
    },
  })
  const revocations = createLinkedRevocations((name, body) => end.request(name, body))
  return {
    end,
    revocations: revocations.log,
    isStarted: () => end.isStarted() && revocations.isRead(),
    serve(given) {
      port = given
    },
  }
}
