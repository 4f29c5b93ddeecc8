import { createRequire } from 'node:module'
import type { ICustomPartitioner, Kafka, ProducerBatch, RecordMetadata } from 'kafkajs'
import type { Cluster } from './internals.ts'
import type { SequenceKeeper } from './transaction-state.ts'

export interface MessageProducerOptions {
  readonly kafka: Kafka
  readonly cluster: Cluster
  readonly keeper: SequenceKeeper
  readonly createPartitioner: ICustomPartitioner
  readonly retry: { readonly retries: number; readonly initialRetryTime: number; readonly maxRetryTime: number }
}

type SendBatch = (batch: ProducerBatch) => Promise<readonly RecordMetadata[]>

/** The part of kafkajs’s producer that chooses partitions and sends batches, with a keeper of sequences that is ours. */
export function createMessageProducer({
  kafka,
  cluster,
  keeper,
  createPartitioner,
  retry,
}: MessageProducerOptions): SendBatch {
  const require = createRequire(import.meta.url)
  const create = require('kafkajs/src/producer/messageProducer') as (options: object) => { sendBatch: SendBatch }
  const createRetry = require('kafkajs/src/retry') as (options: object) => unknown
  const { sendBatch } = create({
    logger: kafka.logger(),
    cluster,
    partitioner: createPartitioner(),
    eosManager: keeper,
    idempotent: true,
    retrier: createRetry(retry),
    getConnectionStatus: () => 'connected',
  })
  return sendBatch
}
