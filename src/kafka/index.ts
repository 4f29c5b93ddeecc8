export { createKafkaClient, type KafkaClientOptions } from './client.ts'
export { partitionId } from './partition-map.ts'
export type {
  AssignedPartition,
  ClientProps,
  ConsumerOptions,
  GroupConsumerOptions,
  KafkaClient,
  KafkaHeader,
  KafkaRecord,
  LogReaderOptions,
  Polled,
  ProducerRecord,
  RecordBatch,
  RecordConsumer,
  RecordProducer,
} from './ports.ts'
