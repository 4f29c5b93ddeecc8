import { DataError, type MaybePromise, messageOf, type SchemaAndValue } from '#api'
import type { RegisteredSchema, Registry, RegistrySchema } from '../../registry/index.ts'
import type { DataFormat, Decode } from './format.ts'
import { withOrigin } from './origin.ts'

export interface ReaderOptions<S extends RegistrySchema> {
  readonly registry: Registry<S>
  readonly format: DataFormat<S>
  /** The schema that data is read as, if not its own; for the subject that `record` (the writer's name) tells with the topic. */
  readonly readAs?: ((topic: string, record: string | undefined) => MaybePromise<RegisteredSchema<S>>) | undefined
  /** The most ids, for each topic when `readAs` is given, that are kept. */
  readonly max: number
}

export type Reader = (topic: string, bytes: Buffer) => MaybePromise<SchemaAndValue>

/** Reads Confluent's wire format: a zero, four bytes of schema id, the payload. At once, but for the first value of an id. */
export function createReader<S extends RegistrySchema>({ registry, format, readAs, max }: ReaderOptions<S>): Reader {
  const byTopic = new Map<string, Map<number, Decode>>()

  function decodersOf(topic: string): Map<number, Decode> {
    // Without a schema to read as, an id is read in one way whatever the topic.
    const scope = readAs ? topic : ''
    let decoders = byTopic.get(scope)
    if (!decoders) {
      if (byTopic.size >= max) byTopic.clear()
      decoders = new Map()
      byTopic.set(scope, decoders)
    }
    return decoders
  }

  async function prepare(topic: string, id: number): Promise<Decode> {
    const writer = await registry.byId(id)
    const reader = await readAs?.(topic, format.recordName(writer.schema))
    const decoders = decodersOf(topic)
    // Others who asked meanwhile got theirs first: one schema object for all.
    const known = decoders.get(id)
    if (known) return known
    const origin = { ...(reader ?? writer), type: format.schemas.type, registry: registry.url, pinned: false }
    const decode = format.decoder(writer, reader, (schema, part) => withOrigin(schema, { ...origin, part }))
    if (decoders.size >= max) decoders.clear()
    decoders.set(id, decode)
    return decode
  }

  function read(decode: Decode, topic: string, bytes: Buffer, id: number): SchemaAndValue {
    try {
      return decode(bytes)
    } catch (error) {
      throw new DataError(
        `A value of ${bytes.length} bytes in the topic ${topic} with the schema id ${id} ${messageOf(error)}.`,
        { cause: error, context: { topic, schemaId: id } },
      )
    }
  }

  return (topic, bytes) => {
    if (bytes.length < 5 || bytes[0] !== 0) throw notWireFormat(topic, bytes, format.schemas.title)
    const id = bytes.readInt32BE(1)
    const decode = decodersOf(topic).get(id)
    return decode
      ? read(decode, topic, bytes, id)
      : prepare(topic, id).then((prepared) => read(prepared, topic, bytes, id))
  }
}

function notWireFormat(topic: string, bytes: Buffer, title: string): DataError {
  const found = bytes.length < 5 ? `has ${bytes.length} bytes` : `begins with the byte ${bytes[0]}`
  return new DataError(
    `A value in the topic ${topic} ${found}: ${title} of a schema registry begins with the byte 0 and four bytes of schema id.`,
    { context: { topic } },
  )
}
