import { DataError, isRetriable, type MaybePromise, messageOf, type Schema } from '#api'
import type { RegisteredSchema, Registry, RegistrySchema } from '../../registry/index.ts'
import { defaultsOf } from './fill-defaults.ts'
import type { DataFormat, Encode, Target } from './format.ts'
import { originOf } from './origin.ts'
import type { Subjects } from './subjects.ts'

export interface WriterOptions<S extends RegistrySchema> {
  readonly registry: Registry<S>
  readonly format: DataFormat<S>
  readonly subjects: Subjects
  /** Whether a schema that the subject does not have is registered. */
  readonly register: boolean
  /** The schema that everything is written with, if one is set. */
  readonly writeAs?: ((topic: string) => MaybePromise<RegisteredSchema<S>>) | undefined
  /** Whether null in a field with a default is that default. */
  readonly nullIsDefault: boolean
  /** Whether data must fit that schema without a rest. */
  readonly strict: boolean
}

export type Writer = (topic: string, schema: Schema | undefined, value: unknown) => MaybePromise<Buffer>

/** Writes Confluent's wire format. At once, but for the first value of a schema on a topic. */
export function createWriter<S extends RegistrySchema>(options: WriterOptions<S>): Writer {
  const { registry, format, subjects, register, writeAs } = options
  const { type } = format.schemas
  const found = new WeakMap<Schema, Map<string, Encode>>()
  const made = new WeakMap<Schema, Promise<S>>()
  const encoders = new WeakMap<RegisteredSchema<S>, WeakMap<object, Encode>>()
  const noSchema = {}

  function encoderOf(target: Target<S>, schema: Schema | undefined, strict: boolean): Encode {
    const encode = format.encoder(target, schema, strict)
    const fill = options.nullIsDefault ? defaultsOf(schema) : undefined
    return fill ? (topic, value) => encode(topic, fill(value)) : encode
  }

  function madeOf(schema: Schema): Promise<S> {
    let own = made.get(schema)
    if (!own) {
      own = (async () => format.fromConnect(schema))()
      made.set(schema, own)
    }
    return own
  }

  /** The encoder for a schema's id in this registry. */
  async function find(topic: string, schema: Schema): Promise<Encode> {
    const origin = originOf<S>(schema, type)
    const own = origin?.schema ?? (await madeOf(schema))
    const subject = subjects.of(topic, origin?.part ?? format.recordName(own))
    const id = await (register ? registry.register(subject, own) : registered(subject, own))
    const encode = encoderOf({ id, schema: own, type, part: origin?.part }, schema, false)
    const known = found.get(schema) ?? new Map<string, Encode>()
    found.set(schema, known.set(topic, encode))
    return encode
  }

  async function registered(subject: string, schema: S): Promise<number> {
    try {
      return await registry.lookup(subject, schema)
    } catch (error) {
      if (isRetriable(error)) throw error
      throw new DataError(`${messageOf(error)} auto.register.schemas=true would register it.`, { cause: error })
    }
  }

  function encoderFor(
    target: RegisteredSchema<S> & Partial<Target<S>>,
    schema: Schema | undefined,
    strict: boolean,
  ): Encode {
    const known = encoders.get(target) ?? new WeakMap<object, Encode>()
    encoders.set(target, known)
    let encode = known.get(schema ?? noSchema)
    if (!encode) {
      encode = encoderOf({ ...target, type }, schema, strict)
      known.set(schema ?? noSchema, encode)
    }
    return encode
  }

  return (topic, schema, value) => {
    const origin = originOf<S>(schema, type)
    if (origin?.pinned && origin.registry === registry.url) return encoderFor(origin, schema, false)(topic, value)
    if (writeAs) {
      const pinned = writeAs(topic)
      return pinned instanceof Promise
        ? pinned.then((ready) => encoderFor(ready, schema, options.strict)(topic, value))
        : encoderFor(pinned, schema, options.strict)(topic, value)
    }
    if (schema === undefined) throw withoutSchema(topic, format.schemas.title)
    const encode = found.get(schema)?.get(topic)
    return encode ? encode(topic, value) : find(topic, schema).then((prepared) => prepared(topic, value))
  }
}

function withoutSchema(topic: string, title: string): DataError {
  return new DataError(
    `A value for the topic ${topic} has no schema, and ${title} needs one: set use.latest.version, schema.version or schema.file, or use JsonConverter.`,
    { context: { topic } },
  )
}

/** Puts the zero and the id before a payload. */
export function withHeader(id: number, ...parts: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(5)
  header.writeInt32BE(id, 1)
  return Buffer.concat([header, ...parts])
}
