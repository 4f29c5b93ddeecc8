import type { ConverterPlugin, HeaderConverterPlugin } from '#api'
import { avroConverter } from './avro-converter.ts'
import { booleanConverter } from './boolean-converter.ts'
import { byteArrayConverter } from './byte-array-converter.ts'
import { jsonConverter } from './json-converter.ts'
import { jsonSchemaConverter } from './json-schema-converter.ts'
import { numericConverters } from './numeric-converters.ts'
import { protobufConverter } from './protobuf-converter.ts'
import { simpleHeaderConverter } from './simple-header-converter.ts'
import { stringConverter } from './string-converter.ts'

/** The built-in converters. */
export const converters: readonly ConverterPlugin[] = [
  avroConverter,
  booleanConverter,
  byteArrayConverter,
  jsonConverter,
  jsonSchemaConverter,
  ...numericConverters,
  protobufConverter,
  stringConverter,
]

/** Those that are for headers alone. */
export const headerConverters: readonly HeaderConverterPlugin[] = [simpleHeaderConverter]
