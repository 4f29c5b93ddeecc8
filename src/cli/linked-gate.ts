import { createGateEnd, type GateEnd, type GateEndOptions, type HubPort } from '../gateway/index.ts'

/** What a gate without Kafka has instead: its end of the links to workers. */
export interface LinkedGate {
  readonly end: GateEnd
  /** Where the workers' sinks and sources go; before any link. */
  serve(port: HubPort): void
}

export function createLinkedGate(options: Omit<GateEndOptions, 'port'>): LinkedGate {
  let port: HubPort | undefined
  const ports = (): HubPort => {
    if (port) return port
    throw new Error('A worker was linked before there was a gate.')
  }
  const end = createGateEnd({
    ...options,
    port: { attachSink: (sink) => ports().attachSink(sink), attachSource: (source) => ports().attachSource(source) },
  })
  return {
    end,
    serve(given) {
      port = given
    },
  }
}
