import type { Type } from 'avsc'
import { DataError, type MaybePromise, messageOf, type Schema, type SchemaAndValue } from '#api'
import type { AvroSchema, RegisteredSchema, Registry } from '../../registry/index.ts'
import { withOrigin } from './origin.ts'
import { toConnect } from './to-connect.ts'

/** How values of one schema id become Connect data. */
interface Reading {
  readonly type: Type
  readonly resolver: ReturnType<Type['createResolver']> | undefined
  readonly schema: Schema
}

export interface ReaderOptions {
  readonly registry: Registry
  /** The schema that data is read as, if not its own; for the subject that `record` (the writer's name) tells with the topic. */
  readonly readAs?: ((topic: string, record: string | undefined) => MaybePromise<RegisteredSchema>) | undefined
  /** The most ids, for each topic when `readAs` is given, that are kept. */
  readonly max: number
}

export type AvroReader = (topic: string, bytes: Buffer) => MaybePromise<SchemaAndValue>

/** Reads Confluent's wire format: a zero, four bytes of schema id, Avro. At once, but for the first value of an id. */
export function createReader({ registry, readAs, max }: ReaderOptions): AvroReader {
  const byTopic = new Map<string, Map<number, Reading>>()

  function readingsOf(topic: string): Map<number, Reading> {
    // Without a schema to read as, an id is read in one way whatever the topic.
    const scope = readAs ? topic : ''
    let readings = byTopic.get(scope)
    if (!readings) {
      if (byTopic.size >= max) byTopic.clear()
      readings = new Map()
      byTopic.set(scope, readings)
    }
    return readings
  }

  async function prepare(topic: string, id: number): Promise<Reading> {
    const writer = await registry.byId(id)
    const reader = await readAs?.(topic, writer.avro.type.name)
    const readings = readingsOf(topic)
    // Others who asked meanwhile got theirs first: one schema object for all.
    const known = readings.get(id)
    if (known) return known
    const reading = createReading(writer, reader, registry.url)
    if (readings.size >= max) readings.clear()
    readings.set(id, reading)
    return reading
  }

  return (topic, bytes) => {
    if (bytes.length < 5 || bytes[0] !== 0) throw notWireFormat(topic, bytes)
    const id = bytes.readInt32BE(1)
    const reading = readingsOf(topic).get(id)
    return reading
      ? read(reading, topic, bytes, id)
      : prepare(topic, id).then((prepared) => read(prepared, topic, bytes, id))
  }
}

function read(reading: Reading, topic: string, bytes: Buffer, id: number): SchemaAndValue {
  let problem: string
  try {
    const { value, offset } = reading.type.decode(bytes, 5, reading.resolver)
    if (offset === bytes.length) return { schema: reading.schema, value }
    problem = offset < 0 ? 'is truncated' : `has ${bytes.length - offset} bytes after its end`
  } catch (error) {
    problem = `is malformed (${messageOf(error)})`
  }
  throw new DataError(`A value of ${bytes.length} bytes in the topic ${topic} with the schema id ${id} ${problem}.`, {
    context: { topic, schemaId: id },
  })
}

function notWireFormat(topic: string, bytes: Buffer): DataError {
  const found = bytes.length < 5 ? `has ${bytes.length} bytes` : `begins with the byte ${bytes[0]}`
  return new DataError(
    `A value in the topic ${topic} ${found}: Avro of a schema registry begins with the byte 0 and four bytes of schema id.`,
    { context: { topic } },
  )
}

function createReading(writer: RegisteredSchema, reader: RegisteredSchema | undefined, url: string): Reading {
  const { id, avro } = reader ?? writer
  return {
    type: avro.type,
    resolver: reader && reader.avro.text !== writer.avro.text ? resolver(writer, reader.avro) : undefined,
    schema: withOrigin(toConnect(avro), { avro, id, registry: url, pinned: false }),
  }
}

function resolver({ id, avro: writer }: RegisteredSchema, reader: AvroSchema): ReturnType<Type['createResolver']> {
  try {
    return reader.type.createResolver(writer.type, { ignoreNamespaces: true })
  } catch (error) {
    throw new DataError(`Data with the schema id ${id} cannot be read with the reader schema: ${messageOf(error)}.`, {
      cause: error,
      context: { schemaId: id },
    })
  }
}
