import { defineConverter } from '#api'
import { avroConfig } from './avro/config.ts'
import { createAvroFormat } from './avro/format.ts'
import { ownVersion } from './version.ts'
import { createWireConverter } from './wire/create-converter.ts'

/** Avro in Confluent's wire format, with the schemas in a schema registry. */
export const avroConverter = defineConverter({
  name: 'AvroConverter',
  aliases: ['io.confluent.connect.avro.AvroConverter'],
  version: ownVersion,
  doc: `Avro in Confluent's wire format, with the schemas in a schema registry. Every Avro type is read and written:
a long is a number, beyond 2^53 a bigint; \`decimal\` is a string of digits; dates and times are their numbers; an enum is a
string, a fixed is bytes. A union of null and one other type is that type, optional; a value of any other union is
\`{"branch": value}\`, as in Avro's own JSON, where the branch of a named type is its full name.`,
  config: avroConfig,
  create: (context) =>
    createWireConverter(
      context,
      createAvroFormat({
        metaData: context.config['connect.meta.data'],
        fieldDocs: context.config['discard.type.doc.default'],
        optionalKeys: context.config['allow.optional.map.keys'],
      }),
    ),
})
