import kafkajs from 'kafkajs'

// kafkajs is CommonJS, and Node does not see all of its names.
export const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, KafkaJSError, Partitioners, logLevel } =
  kafkajs
