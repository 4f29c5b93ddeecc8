import { defineConverter } from '#api'
import { jsonSchemaConfig } from './json-schema/config.ts'
import { createJsonSchemaFormat } from './json-schema/format.ts'
import { ownVersion } from './version.ts'
import { createWireConverter } from './wire/create-converter.ts'

/** JSON in Confluent's wire format, with JSON Schemas in a schema registry. */
export const jsonSchemaConverter = defineConverter({
  name: 'JsonSchemaConverter',
  aliases: ['io.confluent.connect.json.JsonSchemaConverter'],
  version: ownVersion,
  doc: `JSON in Confluent's wire format, with JSON Schemas in a schema registry. What JSON Schema cannot say is kept in keywords that
begin with \`connect.\`; \`oneOf\` null and another is that other, optional; any other union is the struct of its branches.
Integers keep all their digits both ways. A schema that says nothing of the type is read as a string of JSON text.
Schemas may refer to others, and to themselves.`,
  config: jsonSchemaConfig,
  create: (context) => createWireConverter(context, createJsonSchemaFormat(context.config)),
})
