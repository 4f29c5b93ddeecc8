import type { GatewayPort, Ingress, IngressAnswer, SinkAttachment, SinkFeed, SourceAttachment } from '#api'

/** A gateway without sockets: it keeps what sinks publish and lets a test publish to sources. */
export function memoryGateway() {
  const published: Parameters<SinkFeed['publish']>[] = []
  const calls: string[] = []
  const sinks: SinkAttachment[] = []
  const sources = new Set<SourceAttachment>()
  /** Sessions whose producers connected elsewhere. */
  const closed: string[] = []
  let attached = 0
  const port: GatewayPort = {
    attachSink(options) {
      sinks.push(options)
      attached++
      return {
        open: (partitions) => void calls.push(`open ${partitions.length}`),
        close: (partitions) => void calls.push(`close ${partitions.length}`),
        publish: (...call) => void published.push(call),
        ready: () => void calls.push('ready'),
        upstream: ({ reachable }) => void calls.push(`upstream ${reachable}`),
        detach: () => {
          attached--
        },
      }
    },
    attachSource(options) {
      sources.add(options)
      attached++
      return {
        closeProducer: (session) => void closed.push(session),
        detach() {
          sources.delete(options)
          attached--
        },
      }
    },
  }
  return {
    port,
    published,
    calls,
    sinks,
    closed,
    disconnect(session: string): void {
      for (const source of sources) source.producerDisconnected?.(session)
    },
    /** Tells the one source that a producer has connected. */
    connect(producer: Required<Pick<Ingress, 'client' | 'session' | 'producer'>>): void {
      for (const source of sources) source.producerConnected?.(producer)
    },
    /** Attachments that were not detached. */
    attached: () => attached,
    /** Publishes as a client would, to the one source. */
    async publish(ingress: Partial<Ingress>): Promise<IngressAnswer> {
      const [source] = sources
      if (!source) throw new Error('No source is attached.')
      return source.publish({
        channel: 'report:7',
        data: '{"n":1}',
        client: 'rider',
        session: 's1',
        receivedAt: 1_700_000_000_000,
        ...ingress,
      })
    },
  }
}
