import { DataError, type Schema, SchemaMismatchError } from '#api'
import {
  compileProtobuf,
  indexesOf,
  messageAt,
  type ProtobufSchema,
  type ProtoMessage,
  protobufFormat,
  type RegisteredSchema,
} from '../../registry/index.ts'
import type { DataFormat, Decode, Encode, Mark, Target } from '../wire/format.ts'
import { withHeader } from '../wire/writer.ts'
import { BytesIn } from './bytes-in.ts'
import { BytesOut } from './bytes-out.ts'
import type { ProtobufOptions } from './config.ts'
import { createDecoder } from './decode.ts'
import { createEncoder } from './encode.ts'
import { toProto } from './from-connect.ts'
import { toConnect } from './to-connect.ts'

/** Protobuf behind the five bytes of the wire format: the path of indexes to the message, then the message. */
export function createProtobufFormat(options: ProtobufOptions): DataFormat<ProtobufSchema> {
  return {
    schemas: protobufFormat,
    recordName: (schema) => schema.messages[0]?.fullName,
    toConnect: (schema, part) => toConnect(messageOf(schema, part), options),
    fromConnect: (schema) => compileProtobuf(toProto(schema, options)),
    decoder: (writer, reader, mark) => decoder(writer, reader, mark, options),
    encoder: (target, connect, strict) => encoder(target, connect, strict, options),
  }
}

/** The message of that name, else the first, which is the one that a text is for. */
function messageOf(schema: ProtobufSchema, fullName: string | undefined): ProtoMessage {
  const indexes = (fullName === undefined ? undefined : indexesOf(schema, fullName)) ?? [0]
  const message = messageAt(schema, indexes)
  if (message) return message
  throw new DataError('The Protobuf schema defines no message.')
}

/** The most indexes before a payload: messages are hardly nested deeper. */
const maxIndexes = 100

function readIndexes(from: BytesIn): readonly number[] {
  const next = (): number => {
    const zigzag = from.varint32()
    return (zigzag >>> 1) ^ -(zigzag & 1)
  }
  const count = next()
  if (count === 0) return [0]
  if (count < 0 || count > maxIndexes) throw new Error(`is malformed (${count} message indexes)`)
  return Array.from({ length: count }, next)
}

function decoder(
  writer: RegisteredSchema<ProtobufSchema>,
  reader: RegisteredSchema<ProtobufSchema> | undefined,
  mark: Mark,
  options: ProtobufOptions,
): Decode {
  const prepared = new Map<string, { schema: Schema; decode: (bytes: Buffer) => unknown }>()

  function prepare(indexes: readonly number[]) {
    const written = messageAt(writer.schema, indexes)
    if (!written) throw new Error(`names the message [${indexes.join(', ')}], which its schema does not have`)
    const message = reader ? messageOf(reader.schema, written.fullName) : written
    const made = {
      schema: mark(toConnect(message, options), message.fullName),
      decode: createDecoder(message, options),
    }
    prepared.set(indexes.join(), made)
    return made
  }

  return (bytes) => {
    const from = new BytesIn(bytes, 5)
    const indexes = readIndexes(from)
    const { schema, decode } = prepared.get(indexes.join()) ?? prepare(indexes)
    return { schema, value: decode(from.rest()) }
  }
}

function indexBytes(indexes: readonly number[]): Buffer {
  if (indexes.length === 1 && indexes[0] === 0) return Buffer.from([0])
  const to = new BytesOut()
  for (const each of [indexes.length, ...indexes]) to.varint32(each * 2)
  return to.finish()
}

function encoder(
  { id, schema, part }: Target<ProtobufSchema>,
  connect: Schema | undefined,
  strict: boolean,
  options: ProtobufOptions,
): Encode {
  // A schema that was made elsewhere tells by its name which of several messages it is.
  const message = messageOf(schema, part ?? connect?.name)
  const prefix = withHeader(id, indexBytes(indexesOf(schema, message.fullName) ?? [0]))
  const encode = createEncoder(message, connect, { options, strict })
  return (topic, value) => {
    try {
      return Buffer.concat([prefix, encode(value)])
    } catch (error) {
      if (!SchemaMismatchError.is(error)) throw error
      throw new SchemaMismatchError(`${error.message}, in a value for the topic ${topic} with the schema id ${id}.`, {
        cause: error,
        context: { ...error.context, topic, schemaId: id },
      })
    }
  }
}
