export { createKafkaClient, type KafkaClientOptions } from './client.ts'
export { partitionId } from './partition-map.ts'
export type {
  AssignedPartition,
  ClientProps,
  ConsumerOptions,
  GroupConsumerOptions,
  GroupJoined,
  GroupMember,
  GroupMemberOptions,
  GroupProtocol,
  GroupToAssign,
  KafkaClient,
  KafkaHeader,
  KafkaRecord,
  LogReaderOptions,
  PastRecords,
  Polled,
  ProducerRecord,
  RecordBatch,
  RecordConsumer,
  RecordProducer,
  TopicHistory,
  TopicHistoryOptions,
  TopicInfo,
  TopicLog,
  TopicLogOptions,
  Transaction,
  TransactionalOptions,
  TransactionalProducer,
} from './ports.ts'
export { FencedError, UnknownOutcomeError } from './refusals.ts'
export { type KafkaTraffic, kafkaTraffic } from './traffic.ts'
