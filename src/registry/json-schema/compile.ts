import { DataError, messageOf } from '#api'
import { parseExactly } from '../../util/exact-json.ts'
import type { Referenced, RegistrySchema, SchemaFormat, SchemaReference } from '../format.ts'
import { createResolve, type Located } from './resolve.ts'
import { createValidate } from './validate.ts'

/** A JSON Schema: an object of keywords, or true or false. */
export type JsonSchemaNode = boolean | { readonly [keyword: string]: unknown }

export interface JsonSchema extends RegistrySchema {
  readonly json: JsonSchemaNode
  /** What a `$ref` in one of the documents ('' is this one) names. Throws `DataError` when there is no such thing. */
  resolve(ref: string, document: string): Located
  /** What is wrong with data, or nothing. Throws `DataError` when the schema is not valid itself. */
  validate(data: unknown): string | undefined
}

/** The longest text (characters) that is read. */
const maxText = 1_000_000

export const jsonSchemaFormat: SchemaFormat<JsonSchema> = {
  type: 'JSON',
  title: 'JSON Schema',
  compile: compileJsonSchema,
}

export function compileJsonSchema(
  text: string,
  references: readonly SchemaReference[] = [],
  referenced: readonly Referenced<JsonSchema>[] = [],
): JsonSchema {
  const json = parse(text)
  const documents = new Map(referenced.map(({ name, schema }) => [name, schema.json]))
  let validate: ((data: unknown) => string | undefined) | undefined
  return {
    text,
    references,
    json,
    resolve: createResolve(json, documents),
    validate: (data) => (validate ??= createValidate(json, documents))(data),
  }
}

function parse(text: string): JsonSchemaNode {
  try {
    if (text.length > maxText) throw new Error(`it is longer than ${maxText} characters`)
    const json = parseExactly(text)
    if (typeof json === 'boolean' || (typeof json === 'object' && json !== null && !Array.isArray(json))) {
      return json as JsonSchemaNode
    }
    throw new Error('it is neither an object nor true or false')
  } catch (error) {
    throw new DataError(`The text is not a JSON Schema: ${messageOf(error)}.`, { cause: error })
  }
}
