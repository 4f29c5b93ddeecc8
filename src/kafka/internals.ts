import { createRequire } from 'node:module'
import type { Kafka } from 'kafkajs'

/**
 * The part of kafkajs 2.2.4 that reading without a group needs and that it does not export: its cluster object,
 * reached through a private symbol. Nothing else in this project knows of it.
 */
export interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>
  refreshMetadata(): Promise<void>
  metadata(options: { topics: readonly string[] }): Promise<ClusterMetadata>
  /** Partitions by the node id of their leader. */
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>
  findBroker(options: { nodeId: string }): Promise<Broker>
  findGroupCoordinator(options: { groupId: string }): Promise<Broker>
}

export interface ClusterMetadata {
  readonly topicMetadata: readonly {
    readonly topic: string
    readonly partitionMetadata: readonly { readonly partitionId: number }[]
  }[]
}

export interface Broker {
  fetch(request: FetchRequest): Promise<FetchResponse>
  offsetCommit(request: {
    readonly groupId: string
    readonly groupGenerationId: number
    readonly memberId: string
    readonly retentionTime: number
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number; readonly offset: string; readonly metadata: null }[]
    }[]
  }): Promise<unknown>
  readonly connectionPool: { send<T>(call: ProtocolCall<T>): Promise<T> }
}

/** Bytes as kafkajs wants them in a request. */
export interface Encoded {
  readonly buffer: Buffer
}

/** A request that kafkajs does not know, and how to read its answer. */
export interface ProtocolCall<T> {
  readonly request: {
    readonly apiKey: number
    readonly apiVersion: number
    readonly apiName: string
    readonly encode: () => Promise<Encoded>
  }
  readonly response: {
    /** Gets what follows the correlation id. */
    readonly decode: (raw: Buffer) => Promise<T>
    readonly parse: (decoded: T) => Promise<T>
  }
}

export interface FetchRequest {
  readonly isolationLevel: 0 | 1
  /** Milliseconds. */
  readonly maxWaitTime: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly fetchOffset: string
      readonly maxBytes: number
    }[]
  }[]
}

export interface FetchResponse {
  readonly responses: readonly {
    readonly topicName: string
    readonly partitions: readonly FetchedPartition[]
  }[]
}

export interface FetchedPartition {
  readonly partition: number
  readonly highWatermark: string
  readonly lastStableOffset?: string
  readonly abortedTransactions?: readonly { readonly producerId: string; readonly firstOffset: string }[]
  readonly messages: readonly FetchedMessage[]
}

export interface FetchedMessage {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>
  readonly isControlRecord?: boolean
  readonly batchContext?: {
    readonly producerId: string
    readonly inTransaction: boolean
    /** 1: when the broker appended it. */
    readonly timestampType?: number
  }
}

/** A connection pool of its own: a long poll on it holds up nobody else. */
export function createCluster(kafka: Kafka, metadataMaxAge = 300_000): Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find((each) => each.description?.endsWith('createCluster'))
  const create = symbol && (kafka as unknown as Record<symbol, (options: object) => Cluster>)[symbol]
  if (!create) throw new Error('This version of kafkajs keeps its cluster elsewhere: 2.2.4 is needed.')
  return create({ metadataMaxAge, allowAutoTopicCreation: false, maxInFlightRequests: null })
}

/** The bytes of a request's body. */
export function encoded(bytes: Buffer): Encoded {
  const Encoder = createRequire(import.meta.url)('kafkajs/src/protocol/encoder') as new () => EncoderLike
  return new Encoder().writeBuffer(bytes)
}

interface EncoderLike extends Encoded {
  writeBuffer(bytes: Buffer): Encoded
}
