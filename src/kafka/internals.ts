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
  /** `coordinatorType` 1: of the transactional id `groupId`. */
  findGroupCoordinator(options: { groupId: string; coordinatorType?: 0 | 1 }): Promise<Broker>
  /** Of the brokers that the last metadata named. */
  getNodeIds(): string[]
  /** What it has connected to, or is connecting to. */
  readonly brokerPool: {
    readonly seedBroker?: Broker | undefined
    readonly brokers: Readonly<Record<string, Broker>>
    /** Any; connects to one when there is none. */
    findConnectedBroker(): Promise<Broker>
  }
}

export interface ClusterMetadata {
  readonly topicMetadata: readonly {
    readonly topic: string
    readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[]
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
  listOffsets(request: {
    readonly replicaId: -1
    readonly isolationLevel: 0 | 1
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[]
    }[]
  }): Promise<{
    readonly responses: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[]
    }[]
  }>
  addPartitionsToTxn(request: InTransaction & { readonly topics: readonly TopicPartitions[] }): Promise<unknown>
  endTxn(request: InTransaction & { readonly transactionResult: boolean }): Promise<unknown>
  /** 0: of a group. */
  findGroupCoordinator(request: {
    readonly groupId: string
    readonly coordinatorType: 0
  }): Promise<{ readonly coordinator: { readonly nodeId: string } }>
  /** What it speaks, by the numbers of requests. */
  readonly versions?: Readonly<Record<number, { readonly maxVersion: number }>> | null
  readonly connectionPool: {
    send<T>(call: ProtocolCall<T>): Promise<T>
    /** kafkajs sends fetches over connection 1 and all else over 0. */
    getConnection(index: number): Promise<BrokerConnection>
    readonly pool: readonly BrokerConnection[]
  }
}

export interface BrokerConnection {
  send<T>(call: ProtocolCall<T>): Promise<T>
  /** Of all that wait for an answer. */
  rejectRequests(error: Error): void
  readonly socket?: { destroy(error: Error): void } | undefined
}

/** Who takes part in a transaction. */
export interface InTransaction {
  readonly transactionalId: string
  readonly producerId: string
  readonly producerEpoch: number
}

export interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
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
  /** Milliseconds; counts when it is more than the connection's own. */
  readonly requestTimeout?: number | undefined
  readonly logResponseError?: boolean | undefined
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

export interface ClusterOptions {
  readonly metadataMaxAge?: number
  readonly allowAutoTopicCreation?: boolean
  readonly maxInFlightRequests?: number | null
}

/** A connection pool of its own: a long poll on it holds up nobody else. */
export function createCluster(kafka: Kafka, options: ClusterOptions = {}): Cluster {
  const create = privateOf(kafka, 'createCluster') as ((options: ClusterOptions) => Cluster) | undefined
  if (!create) throw new Error('This version of kafkajs keeps its cluster elsewhere: 2.2.4 is needed.')
  return create({ metadataMaxAge: 300_000, allowAutoTopicCreation: false, maxInFlightRequests: null, ...options })
}

/** One that tries nothing again by itself, so that a try can be ended at any time; the Kafka object is used up by it. */
export function createClusterWithoutRetries(kafka: Kafka): Cluster {
  Object.assign(privateOf(kafka, 'clusterRetry') ?? {}, { retries: 0 })
  return createCluster(kafka)
}

/** Ends every connection of a cluster at once, whatever it waits for: `disconnect` would wait for the answers first. */
export function cutOff({ brokerPool }: Cluster, why: Error): void {
  for (const broker of [brokerPool.seedBroker, ...Object.values(brokerPool.brokers)]) {
    for (const connection of broker?.connectionPool.pool ?? []) {
      connection.rejectRequests(why)
      connection.socket?.destroy(why)
    }
  }
}

function privateOf(kafka: Kafka, name: string): unknown {
  const symbol = Object.getOwnPropertySymbols(kafka).find((each) => each.description?.endsWith(name))
  return symbol && (kafka as unknown as Record<symbol, unknown>)[symbol]
}

/** The bytes of a request's body. */
export function encoded(bytes: Buffer): Encoded {
  const Encoder = createRequire(import.meta.url)('kafkajs/src/protocol/encoder') as new () => EncoderLike
  return new Encoder().writeBuffer(bytes)
}

/** What a code of the protocol means, as kafkajs throws it. */
export function protocolError(code: number): Error {
  const { createErrorFromCode } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
    createErrorFromCode(code: number): Error
  }
  return createErrorFromCode(code)
}

interface EncoderLike extends Encoded {
  writeBuffer(bytes: Buffer): Encoded
}
