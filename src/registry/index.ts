export { type AvroJson, type AvroObject, type AvroSchema, compileAvro, isEntries } from './avro/compile.ts'
export { decimalBytes, decimalScale, decimalText } from './avro/decimal.ts'
export { explainMisfit } from './avro/explain.ts'
export { avroFormat } from './avro/format.ts'
export { createRegistry, type RegisteredSchema, type Registry } from './client.ts'
export { type RegistryConfig, registryConfig, registryKeys } from './config.ts'
export type { Referenced, RegistrySchema, SchemaFormat, SchemaReference } from './format.ts'
export {
  checkSchemas,
  registerSchemas,
  type SchemaFileReport,
  type SchemaFileStatus,
  type SchemaFilesOptions,
} from './schema-files.ts'
