import type { SchemaFormat } from '../format.ts'
import { type AvroSchema, compileAvro } from './compile.ts'

export const avroFormat: SchemaFormat<AvroSchema> = {
  type: 'AVRO',
  title: 'Avro',
  compile: (text, references, referenced) =>
    compileAvro(
      text,
      references,
      referenced.map(({ schema }) => schema),
    ),
}
