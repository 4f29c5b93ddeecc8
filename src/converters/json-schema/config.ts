import { type ConfigOf, defineConfig } from '#api'
import { wireKeys } from '../wire/config.ts'

const flag = (preset: boolean, doc: string) => ({ type: 'boolean', importance: 'low', default: preset, doc }) as const

const dataKeys = {
  'object.additional.properties': flag(true, 'Whether the schemas that are made of structs allow more properties.'),
  'use.optional.for.nonrequired': flag(false, 'Whether properties that are not `required` are optional fields.'),
  'json.fail.invalid.schema': flag(
    false,
    'Whether data that its schema does not allow is an error, read or written. Data without a Connect schema is always checked when it is written.',
  ),
  'decimal.format': {
    type: 'string',
    importance: 'low',
    default: 'BASE64',
    values: ['BASE64', 'NUMERIC'],
    doc: 'Whether decimals are written as the base64 of their bytes or as numbers. Both are read.',
  },
} as const

const dataConfig = defineConfig(dataKeys)

export type JsonSchemaOptions = ConfigOf<typeof dataConfig> & { readonly 'ignore.default.for.nullables': boolean }

/** The converter's configuration; names and defaults are Confluent's where Confluent has them. */
export const jsonSchemaConfig = defineConfig({ ...wireKeys, ...dataKeys })
