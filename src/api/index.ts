export type {
  ConfigDef,
  ConfigKey,
  ConfigKeys,
  ConfigOf,
  ConfigType,
  ConfigValue,
  Importance,
  Props,
  Validator,
} from './config-def.ts'
export { defineConfig } from './config-def.ts'
export { splitList } from './config-parse.ts'
export { defaultText, ordersInGroups, textOfValue } from './config-text.ts'
export type {
  AlteredOffset,
  ConfigComplaint,
  DeclaredAt,
  Door,
  DoorContext,
  LaneContext,
  Lanes,
  OffsetStorageReader,
  OpenPartition,
  PartitionPast,
  PreviewedMessage,
  Progress,
  Replayed,
  ReplayRange,
  SinkConnector,
  SinkTask,
  SinkTaskContext,
  SourceConnector,
  SourceTask,
  SourceTaskContext,
  TaskContext,
  TopicIdentity,
  TopicPast,
  TransactionContext,
} from './connector.ts'
export { defineSink, defineSource } from './connector.ts'
export type {
  Converter,
  ConverterContext,
  ConverterPlugin,
  HeaderConverter,
  HeaderConverterPlugin,
} from './converter.ts'
export { defineConverter, defineHeaderConverter } from './converter.ts'
export * from './errors.ts'
export { fromJson } from './from-json.ts'
export type {
  DeclaredChannels,
  GatewayPort,
  Ingress,
  IngressAnswer,
  IngressCoordinates,
  PastBatch,
  Publication,
  SinkAttachment,
  SinkFeed,
  SinkPast,
  SnapshotLimits,
  SourceAttachment,
  SourceFeed,
  WindowLimits,
} from './gateway.ts'
export { toJson } from './json.ts'
export { Password } from './password.ts'
export type { Clock, Logger, MaybePromise, NpmPackage, Plugin, PluginKind } from './plugin.ts'
export type {
  ConnectRecord,
  Header,
  RecordMetadata,
  RecordOrigin,
  SinkRecord,
  SourceRecord,
  TopicPartition,
  TopicPartitionOffset,
} from './records.ts'
export type { Revocation, RevocationChange, RevocationLog, RevokedThing } from './revocation.ts'
export type { Schema, SchemaAndValue, SchemaField, SchemaType } from './schema.ts'
export { fieldSchema, logicalNames } from './schema.ts'
export type { PredicatePlugin, PredicateTest, Transform, TransformationPlugin } from './transformation.ts'
export { definePredicate, defineTransformation } from './transformation.ts'
export { all, atLeast, between, distinct, isRegex, isUrl, nonEmpty, oneOfIgnoringCase } from './validators.ts'
