import { DataError, logicalNames, messageOf, type Schema, SchemaMismatchError } from '#api'
import { compileJsonSchema, type JsonSchema, jsonSchemaFormat, type RegisteredSchema } from '../../registry/index.ts'
import { stringifyExactly } from '../../util/exact-json.ts'
import { parseLiterally, parseNumbers } from '../json/number-literal.ts'
import type { DataFormat, Decode, Encode, Mark, Target } from '../wire/format.ts'
import { withHeader } from '../wire/writer.ts'
import type { JsonSchemaOptions } from './config.ts'
import { toJsonSchema } from './from-connect.ts'
import { readValue } from './read.ts'
import { toConnect } from './to-connect.ts'
import { writeValue } from './write.ts'

/** JSON behind the five bytes of the wire format. */
export function createJsonSchemaFormat(options: JsonSchemaOptions): DataFormat<JsonSchema> {
  return {
    schemas: jsonSchemaFormat,
    recordName: ({ json }) =>
      typeof json === 'object' && typeof json['title'] === 'string' ? json['title'] : undefined,
    toConnect: (schema) => toConnect(schema, options),
    fromConnect: (schema) => compileJsonSchema(stringifyExactly(toJsonSchema(schema, options))),
    decoder: (writer, reader, mark) => decoder(writer, reader, mark, options),
    encoder: (target, connect, strict) => encoder(target, connect, strict, options),
  }
}

function decoder(
  writer: RegisteredSchema<JsonSchema>,
  reader: RegisteredSchema<JsonSchema> | undefined,
  mark: Mark,
  options: JsonSchemaOptions,
): Decode {
  const schema = mark(toConnect((reader ?? writer).schema, options))
  const parse = holdsDecimal(schema, new Set()) ? parseLiterally : parseNumbers
  const checked = options['json.fail.invalid.schema']
  return (bytes) => {
    const text = bytes.toString('utf8', 5)
    const problem = checked ? writer.schema.validate(parsed(text, JSON.parse)) : undefined
    if (problem !== undefined) throw new DataError(`does not fit its JSON Schema: ${problem}`)
    return { schema, value: readValue(schema, parsed(text, parse), options) }
  }
}

function parsed(text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text)
  } catch (error) {
    throw new DataError(`is malformed (${messageOf(error)})`, { cause: error })
  }
}

/** Whether a decimal is somewhere in it, so that numbers must be read as they are written. */
function holdsDecimal(schema: Schema | undefined, seen: Set<unknown>): boolean {
  if (!schema || (schema.fields && seen.has(schema.fields))) return false
  if (schema.fields) seen.add(schema.fields)
  return (
    schema.name === logicalNames.decimal ||
    holdsDecimal(schema.keys, seen) ||
    holdsDecimal(schema.values, seen) ||
    (schema.fields ?? []).some((field) => holdsDecimal(field.schema, seen))
  )
}

function encoder(
  { id, schema }: Target<JsonSchema>,
  connect: Schema | undefined,
  strict: boolean,
  options: JsonSchemaOptions,
): Encode {
  const checked = strict || connect === undefined || options['json.fail.invalid.schema']
  const fail = (topic: string, problem: string, cause: unknown, facts: object = {}): SchemaMismatchError =>
    new SchemaMismatchError(`${problem}, in a value for the topic ${topic} with the schema id ${id}.`, {
      cause,
      context: { ...facts, topic, schemaId: id },
    })
  return (topic, value) => {
    const text = written(topic, value)
    const problem = checked ? schema.validate(JSON.parse(text)) : undefined
    if (problem !== undefined) throw fail(topic, `The JSON Schema does not allow it: ${problem}`, undefined)
    return withHeader(id, Buffer.from(text))
  }

  function written(topic: string, value: unknown): string {
    try {
      return writeValue(connect, value, options) ?? 'null'
    } catch (error) {
      if (!DataError.is(error)) throw error
      throw fail(topic, error.message, error, error.context)
    }
  }
}
