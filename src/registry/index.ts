export { type AvroJson, type AvroObject, type AvroSchema, compileAvro, defaultOf, isEntries } from './avro/compile.ts'
export { decimalBytes, decimalScale, decimalText } from './avro/decimal.ts'
export { explainMisfit } from './avro/explain.ts'
export { avroFormat } from './avro/format.ts'
export { createRegistry, type RegisteredSchema, type Registry } from './client.ts'
export { type RegistryConfig, registryConfig, registryKeys } from './config.ts'
export type { Referenced, RegistrySchema, SchemaFormat, SchemaReference } from './format.ts'
export { compileJsonSchema, type JsonSchema, type JsonSchemaNode, jsonSchemaFormat } from './json-schema/compile.ts'
export { compileProtobuf, protobufFormat } from './protobuf/compile.ts'
export {
  indexesOf,
  messageAt,
  type ProtobufSchema,
  type ProtoEnum,
  type ProtoField,
  type ProtoMessage,
  type ScalarType,
} from './protobuf/model.ts'
export {
  checkSchemas,
  registerSchemas,
  type SchemaFileReport,
  type SchemaFileStatus,
  type SchemaFilesOptions,
} from './schema-files.ts'
