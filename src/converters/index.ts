import type { ConverterPlugin } from '#api'
import { avroConverter } from './avro-converter.ts'
import { byteArrayConverter } from './byte-array-converter.ts'
import { jsonConverter } from './json-converter.ts'
import { stringConverter } from './string-converter.ts'

/** The built-in converters. */
export const converters: readonly ConverterPlugin[] = [
  avroConverter,
  byteArrayConverter,
  jsonConverter,
  stringConverter,
]
