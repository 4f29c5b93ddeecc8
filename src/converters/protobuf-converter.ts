import { defineConverter } from '#api'
import { protobufConfig } from './protobuf/config.ts'
import { createProtobufFormat } from './protobuf/format.ts'
import { ownVersion } from './version.ts'
import { createWireConverter } from './wire/create-converter.ts'

/** Protobuf in Confluent's wire format, with the schemas in a schema registry. */
export const protobufConverter = defineConverter({
  name: 'ProtobufConverter',
  aliases: ['io.confluent.connect.protobuf.ProtobufConverter'],
  version: ownVersion,
  doc: `Protobuf in Confluent's wire format, with the schemas in a schema registry; proto2 and proto3, without groups. Integers of
64 bits keep all their digits. An enum is its name, a \`oneof\` a struct named after it of which one field is set;
\`google.protobuf.Timestamp\`, \`google.type.Date\`, \`google.type.TimeOfDay\` and \`confluent.type.Decimal\` are Connect's logical types.
Null is written only where Protobuf can say it: a list cannot hold it, and a primitive field without \`optional\` is read as zero.`,
  config: protobufConfig,
  create: (context) => createWireConverter(context, createProtobufFormat(context.config)),
})
