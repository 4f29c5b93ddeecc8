import type { OpenPartition, Progress, ReplayRange, TopicIdentity, TopicPast } from './connector.ts'
import type { RecordOrigin, TopicPartition } from './records.ts'

/**
 * The one port between the tasks and the sockets. In one process it is these function calls; all that crosses it is plain
 * data and every answer is a promise, so that a process boundary may be put here.
 */
export interface GatewayPort {
  /** Offers a sink's publications. Throws `ConfigError` when its channels lie in no namespace or overlap another sink's. */
  attachSink(options: SinkAttachment): SinkFeed
  /** Takes over what clients publish to the channels. Throws `ConfigError` as above. */
  attachSource(options: SourceAttachment): SourceFeed
  /** What attaching it would be refused for, by property, so that it is told before it runs. Absent: only attaching tells. */
  complaints?(declared: DeclaredChannels): readonly { readonly key: string; readonly error: string }[]
}

/** What is known of a sink, or of a source, before it is attached. */
export type DeclaredChannels =
  | Pick<SinkAttachment, 'templates' | 'window' | 'snapshot' | 'delivery'>
  | Pick<SourceAttachment, 'channels'>

export interface SinkAttachment {
  readonly connector: string
  /** Channel templates as declared, such as `bus:#{value.id}`; the first segment is constant and names the namespace. */
  readonly templates: readonly string[]
  /** Changes with anything that changes which messages a record becomes; a position from another rule is refused. */
  readonly rule: string
  readonly identity: TopicIdentity
  readonly snapshot: SnapshotLimits
  readonly window: WindowLimits
  /** What the topics still hold of the past; absent: what left the window is gone. */
  readonly past?: SinkPast | undefined
  /** Two fields of the messages, as paths such as `lat`, that boxes are drawn over. */
  readonly box?: readonly [string, string] | undefined
  /** What a subscription gets that asks for nothing else. */
  readonly delivery?: 'every' | 'latest' | 'batch' | undefined
}

/** The topics of a sink read back. */
export interface SinkPast extends Pick<TopicPast, 'bounds' | 'offsetsAt'> {
  /**
   * What the records of these ranges became when they were published, in the order of each partition. Ends by itself; stop iterating, or
   * abort, to end it sooner. Rejects with `RetriableError` when Kafka cannot be read now, and when a range is not whole any more.
   */
  read(ranges: readonly ReplayRange[], signal: AbortSignal): AsyncIterable<PastBatch>
}

export interface PastBatch {
  readonly publications: readonly Publication[]
  readonly progress: readonly Progress[]
  /** What Kafka sent for it. */
  readonly bytes: number
}

export interface SnapshotLimits {
  /** Entries vanish this long (ms) after their last update; 0: never. */
  readonly expireMs: number
  readonly maxBytes: number
  readonly maxEntries: number
}

export interface WindowLimits {
  readonly maxBytes: number
  readonly maxAgeMs: number
}

/** One message for one channel. */
export interface Publication {
  readonly channel: string
  /** What the message is about, for snapshots; undefined: it is not part of any snapshot. */
  readonly key: string | undefined
  /** JSON text; undefined: a tombstone, the key is gone. */
  readonly data: string | undefined
  readonly origin: RecordOrigin
  readonly path: readonly number[]
}

export interface SinkFeed {
  /** Where reading begins; the positions' vector starts here. */
  open(partitions: readonly OpenPartition[]): void
  close(partitions: readonly TopicPartition[]): void
  /** Publications in the order of their records, and how far the batch came. Never blocks: slow clients are the gate's affair. */
  publish(publications: readonly Publication[], progress: readonly Progress[]): void
  /** The window and the snapshot hold what Kafka held at the start: clients may come. */
  ready(): void
  upstream(state: { readonly reachable: boolean; readonly since: number }): void
  detach(): void
}

export interface SourceAttachment {
  readonly connector: string
  /** Channels and patterns that clients may publish to: `*` is one whole segment, as the last one the rest. */
  readonly channels: readonly string[]
  /** Whether a producer's `messageId` is stored once whatever happens, to whichever worker it is sent. */
  readonly exactlyOnce?: boolean | undefined
  /** Answers when Kafka has acknowledged the message, or says why not. Never rejects. */
  publish(ingress: Ingress): Promise<IngressAnswer>
  /** A client named itself a producer. It may be connected elsewhere too: the newest connection is to be the only one. */
  producerConnected?(producer: Required<Pick<Ingress, 'client' | 'session' | 'producer'>>): void
  /** Its connection ended: nobody hears its answers any more. */
  producerDisconnected?(session: string): void
}

/** What a client published. */
export interface Ingress {
  readonly channel: string
  /** JSON text as it came. */
  readonly data: string
  readonly key?: string | undefined
  readonly messageId?: number | undefined
  /** The token's `sub`, or a random id for an anonymous client. */
  readonly client: string
  readonly session: string
  /** Set when the client named a producer and is authenticated. */
  readonly producer?: string | undefined
  /** Milliseconds since the epoch. */
  readonly receivedAt: number
}

export type IngressAnswer =
  | { readonly ok: true; readonly duplicate?: boolean; readonly coordinates?: IngressCoordinates }
  | {
      readonly ok: false
      readonly code: string
      readonly message: string
      /** The path of the field that does not fit. */
      readonly field?: string
      readonly retryable: boolean
      /** Milliseconds. */
      readonly retryAfter?: number
    }

export interface IngressCoordinates extends TopicPartition {
  /** Decimal digits. */
  readonly offset: string
}

export interface SourceFeed {
  /** Closes the connection of a producer that connected elsewhere, if it is still open. */
  closeProducer(session: string): void
  /** Whether what clients publish can be stored: they are told. */
  upstream?(state: { readonly reachable: boolean; readonly since: number }): void
  detach(): void
}
