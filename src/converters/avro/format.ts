import type { Type } from 'avsc'
import { DataError, messageOf, type Schema } from '#api'
import { type AvroSchema, avroFormat, compileAvro, explainMisfit, type RegisteredSchema } from '../../registry/index.ts'
import { stringifyExactly } from '../../util/exact-json.ts'
import type { DataFormat, Decode, Encode, Mark } from '../wire/format.ts'
import { type ToAvroOptions, toAvro } from './to-avro.ts'
import { toConnect } from './to-connect.ts'

/** Avro behind the five bytes of the wire format. */
export function createAvroFormat(options: ToAvroOptions): DataFormat<AvroSchema> {
  return {
    schemas: avroFormat,
    recordName: ({ type }) => recordName(type),
    toConnect,
    fromConnect: (schema: Schema) => compileAvro(stringifyExactly(toAvro(schema, options))),
    decoder,
    encoder: ({ id, schema }, _connect, strict) => encoder(id, schema.type, strict),
  }
}

/** The name by which a record stands for the strategies: of `[null, T]` that of T. */
function recordName(type: Type): string | undefined {
  const { types } = type as { types?: readonly Type[] }
  return type.name ?? types?.find((branch) => branch.name !== undefined)?.name
}

function decoder(
  writer: RegisteredSchema<AvroSchema>,
  reader: RegisteredSchema<AvroSchema> | undefined,
  mark: Mark,
): Decode {
  const { type } = (reader ?? writer).schema
  const resolver = reader && reader.schema.text !== writer.schema.text ? resolve(writer, reader.schema) : undefined
  const schema = mark(toConnect((reader ?? writer).schema))
  return (bytes) => {
    const { value, offset } = decode(type, bytes, resolver)
    if (offset === bytes.length) return { schema, value }
    throw new Error(offset < 0 ? 'is truncated' : `has ${bytes.length - offset} bytes after its end`)
  }
}

type Resolver = ReturnType<Type['createResolver']>

function decode(type: Type, bytes: Buffer, resolver: Resolver | undefined): { value: unknown; offset: number } {
  try {
    return type.decode(bytes, 5, resolver)
  } catch (error) {
    throw new Error(`is malformed (${messageOf(error)})`, { cause: error })
  }
}

function resolve({ id, schema: writer }: RegisteredSchema<AvroSchema>, reader: AvroSchema): Resolver {
  try {
    return reader.type.createResolver(writer.type, { ignoreNamespaces: true })
  } catch (error) {
    throw new DataError(`Data with the schema id ${id} cannot be read with the reader schema: ${messageOf(error)}.`, {
      cause: error,
      context: { schemaId: id },
    })
  }
}

/** Reused by all; a value is written and copied in one go. */
let scratch = Buffer.allocUnsafeSlow(16_384)
/** A larger value gets a buffer of its own, which is not kept. */
const maxScratch = 1_048_576

const encoder =
  (id: number, type: Type, strict: boolean): Encode =>
  (topic, value) => {
    if (strict) {
      const misfit = explainMisfit(type, value, { strict: true, context: { topic, schemaId: id } })
      if (misfit) throw misfit
    }
    return write(id, type, topic, value)
  }

function write(id: number, type: Type, topic: string, value: unknown): Buffer {
  try {
    let buffer = scratch
    let end = type.encode(value, buffer, 5)
    if (end < 0) {
      const needed = buffer.length - end
      buffer = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(needed * 2, maxScratch)))
      if (buffer.length <= maxScratch) scratch = buffer
      end = type.encode(value, buffer, 5)
    }
    buffer[0] = 0
    buffer.writeInt32BE(id, 1)
    return Buffer.from(buffer.subarray(0, end))
  } catch (error) {
    const context = { topic, schemaId: id }
    throw (
      explainMisfit(type, value, { context }) ??
      new DataError(`A value for the topic ${topic} cannot be written with the schema id ${id}: ${messageOf(error)}.`, {
        cause: error,
        context,
      })
    )
  }
}
