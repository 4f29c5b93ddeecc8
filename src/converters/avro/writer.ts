import type { Type } from 'avsc'
import { DataError, isRetriable, type MaybePromise, messageOf, type Schema } from '#api'
import {
  type AvroSchema,
  compileAvro,
  explainMisfit,
  type RegisteredSchema,
  type Registry,
} from '../../registry/index.ts'
import { stringifyExactly } from '../../util/exact-json.ts'
import { originOf } from './origin.ts'
import type { Subjects } from './subjects.ts'
import { toAvro } from './to-avro.ts'

export interface WriterOptions {
  readonly registry: Registry
  readonly subjects: Subjects
  /** Whether a schema that the subject does not have is registered. */
  readonly register: boolean
  /** The schema that everything is written with, if one is set. */
  readonly writeAs?: ((topic: string) => MaybePromise<RegisteredSchema>) | undefined
  readonly metaData: boolean
}

export type AvroWriter = (topic: string, schema: Schema | undefined, value: unknown) => MaybePromise<Buffer>

interface Target {
  readonly id: number
  readonly type: Type
}

/** Writes Confluent's wire format. At once, but for the first value of a schema on a topic. */
export function createWriter(options: WriterOptions): AvroWriter {
  const { registry, subjects, register, writeAs, metaData } = options
  const targets = new WeakMap<Schema, Map<string, Target>>()
  const avros = new WeakMap<Schema, AvroSchema>()

  function avroOf(schema: Schema): AvroSchema {
    let avro = originOf(schema)?.avro ?? avros.get(schema)
    if (!avro) {
      avro = compileAvro(stringifyExactly(toAvro(schema, { metaData })))
      avros.set(schema, avro)
    }
    return avro
  }

  /** A schema's id in this registry. */
  async function find(topic: string, schema: Schema): Promise<Target> {
    const avro = avroOf(schema)
    const subject = subjects.of(topic, recordName(avro.type))
    const id = await (register ? registry.register(subject, avro) : registered(subject, avro))
    const target = { id, type: avro.type }
    const known = targets.get(schema) ?? new Map<string, Target>()
    targets.set(schema, known.set(topic, target))
    return target
  }

  async function registered(subject: string, avro: AvroSchema): Promise<number> {
    try {
      return await registry.lookup(subject, avro)
    } catch (error) {
      if (isRetriable(error)) throw error
      throw new DataError(`${messageOf(error)} auto.register.schemas=true would register it.`, { cause: error })
    }
  }

  return (topic, schema, value) => {
    const origin = originOf(schema)
    if (origin?.pinned && origin.registry === registry.url) {
      return write({ id: origin.id, type: origin.avro.type }, topic, value)
    }
    if (writeAs) {
      const pinned = writeAs(topic)
      return pinned instanceof Promise
        ? pinned.then((ready) => writeStrictly(ready, topic, value))
        : writeStrictly(pinned, topic, value)
    }
    if (schema === undefined) throw withoutSchema(topic)
    const target = targets.get(schema)?.get(topic)
    return target ? write(target, topic, value) : find(topic, schema).then((found) => write(found, topic, value))
  }
}

/** The name by which a record stands for the strategies: of `[null, T]` that of T. */
export function recordName(type: Type): string | undefined {
  const { types } = type as { types?: readonly Type[] }
  return type.name ?? types?.find((branch) => branch.name !== undefined)?.name
}

function withoutSchema(topic: string): DataError {
  return new DataError(
    `A value for the topic ${topic} has no schema, and Avro needs one: set use.latest.version, schema.version or schema.file, or use JsonConverter.`,
    { context: { topic } },
  )
}

/** Reused by all; a value is written and copied in one go. */
let scratch = Buffer.allocUnsafeSlow(16_384)
/** A larger value gets a buffer of its own, which is not kept. */
const maxScratch = 1_048_576

function write({ id, type }: Target, topic: string, value: unknown): Buffer {
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

/** A value whose schema is not the one it is written with must not lose fields without a word. */
function writeStrictly({ id, avro }: RegisteredSchema, topic: string, value: unknown): Buffer {
  const misfit = explainMisfit(avro.type, value, { strict: true, context: { topic, schemaId: id } })
  if (misfit) throw misfit
  return write({ id, type: avro.type }, topic, value)
}
