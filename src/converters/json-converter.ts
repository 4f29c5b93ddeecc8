import { isUtf8 } from 'node:buffer'
import {
  atLeast,
  type ConfigOf,
  type Converter,
  DataError,
  defineConverter,
  messageOf,
  oneOfIgnoringCase,
  type Schema,
  type SchemaAndValue,
} from '#api'
import { stringifyExactly } from '../util/exact-json.ts'
import { defineConverterConfig } from './converter-config.ts'
import { fromPayload } from './json/from-payload.ts'
import { parseLiterally, parseNumbers } from './json/number-literal.ts'
import { hasDecimal, parseSchema } from './json/parse-schema.ts'
import { type PayloadOptions, payloadText } from './json/payload-text.ts'
import { schemaText } from './json/schema-text.ts'
import { version } from './version.ts'

const config = defineConverterConfig({
  'schemas.enable': {
    type: 'boolean',
    importance: 'high',
    default: true,
    group: 'Schemas',
    order: 0,
    width: 'medium',
    displayName: 'Enable Schemas',
    doc: 'Whether the JSON is `{"schema": …, "payload": …}` or the payload alone.',
  },
  'schemas.cache.size': {
    type: 'int',
    importance: 'high',
    default: 1000,
    validator: atLeast(0),
    group: 'Schemas',
    order: 1,
    width: 'medium',
    displayName: 'Schema Cache Size',
    doc: 'The most schemas that are kept.',
  },
  'schema.content': {
    type: 'string',
    importance: 'high',
    default: null,
    group: 'Schemas',
    order: 2,
    width: 'medium',
    displayName: 'Schema Content',
    doc: 'A schema, in the JSON of the envelope, of data that is read without an envelope. Needs `schemas.enable`.',
  },
  'decimal.format': {
    type: 'string',
    importance: 'low',
    default: 'BASE64',
    validator: oneOfIgnoringCase('NUMERIC', 'BASE64'),
    group: 'Serialization',
    order: 0,
    width: 'medium',
    displayName: 'Decimal Format',
    doc: 'Whether decimals are written as the base64 of their bytes (`BASE64`) or as numbers (`NUMERIC`). Both are read.',
  },
  'replace.null.with.default': {
    type: 'boolean',
    importance: 'low',
    default: true,
    group: 'Serialization',
    order: 1,
    width: 'medium',
    displayName: 'Replace null with default',
    doc: 'Whether null in a field that has a default is that default.',
  },
})

/** Kafka Connect's JSON, with and without schemas. Integers keep all their digits both ways. */
export const jsonConverter = defineConverter({
  name: 'JsonConverter',
  aliases: ['org.apache.kafka.connect.json.JsonConverter'],
  version,
  doc: 'JSON, by default in an envelope with its schema. Integers keep all their digits, bytes are base64; a decimal is the base64 of its bytes or a number.',
  config,
  forHeaders: true,
  create: ({ config: options }) => createJsonConverter(options),
})

const failure = 'Converting byte[] to Kafka Connect data failed due to serialization error: '
const noEnvelope =
  'JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain additional fields. If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter configuration.'

function createJsonConverter(options: ConfigOf<typeof config>): Converter {
  const nullIsDefault = options['replace.null.with.default']
  const payload: PayloadOptions = {
    numericDecimals: options['decimal.format'].toUpperCase() === 'NUMERIC',
    nullIsDefault,
  }
  const texts = new WeakMap<Schema, string>()
  const schemas = new Map<string, Schema | undefined>()
  const content = options['schemas.enable'] ? parseContent(options['schema.content'] ?? '', nullIsDefault) : undefined

  /** The same schema object for the same text, so that others can keep what they derive from it. */
  function schemaOf(json: unknown): Schema | undefined {
    const key = stringifyExactly(json)
    if (schemas.has(key)) return schemas.get(key)
    const schema = parseSchema(json, nullIsDefault)
    if (schemas.size >= options['schemas.cache.size']) schemas.clear()
    schemas.set(key, schema)
    return schema
  }

  function readEnvelope(bytes: Buffer): SchemaAndValue {
    const envelope = parse(bytes, false)
    if (!isEnvelope(envelope)) throw new DataError(noEnvelope)
    const schema = schemaOf(envelope.schema)
    if (!hasDecimal(schema)) return { schema, value: fromPayload(schema, envelope.payload, nullIsDefault) }
    // Rare: once more, with every number as it is written, defaults too.
    const literally = parse(bytes, true) as Envelope
    const exact = schemaOf(literally.schema)
    return { schema: exact, value: fromPayload(exact, literally.payload, nullIsDefault) }
  }

  function textOf(schema: Schema): string {
    const text = texts.get(schema) ?? schemaText(schema, payload)
    texts.set(schema, text)
    return text
  }

  return {
    toConnectData(_topic, bytes) {
      if (bytes === null) return { value: null }
      if (content)
        return { schema: content, value: fromPayload(content, parse(bytes, hasDecimal(content)), nullIsDefault) }
      if (options['schemas.enable']) return readEnvelope(bytes)
      return { value: isBlank(bytes) ? null : parse(bytes, false) }
    },
    fromConnectData(_topic, schema, value) {
      if (schema === undefined && (value === null || value === undefined)) return null
      const text = payloadText(schema, value, payload)
      if (!options['schemas.enable']) return Buffer.from(text)
      return Buffer.from(`{"schema":${schema ? textOf(schema) : 'null'},"payload":${text}}`)
    },
  }
}

/** No JSON at all is null where there are no schemas. */
const isBlank = (bytes: Buffer): boolean =>
  bytes.length === 0 || (bytes.readUInt8() <= 0x20 && /^[\t\n\r ]*$/.test(bytes.toString('latin1')))

function parse(bytes: Buffer, literally: boolean): unknown {
  if (!isUtf8(bytes)) throw new DataError(`${failure}it is not UTF-8`)
  const text = bytes.toString('utf8')
  try {
    return literally ? parseLiterally(text) : parseNumbers(text)
  } catch (error) {
    throw new DataError(`${failure}${messageOf(error)}`, { cause: error })
  }
}

const parseContent = (text: string, nullIsDefault: boolean): Schema | undefined =>
  text === '' ? undefined : parseSchema(parseLiterally(text), nullIsDefault)

interface Envelope {
  readonly schema: unknown
  readonly payload: unknown
}

const isEnvelope = (json: unknown): json is Envelope =>
  typeof json === 'object' &&
  json !== null &&
  Object.keys(json).length === 2 &&
  Object.hasOwn(json, 'schema') &&
  Object.hasOwn(json, 'payload')
