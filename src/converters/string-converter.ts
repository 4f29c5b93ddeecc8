import { type Converter, defineConfig, defineConverter, type Schema, toJson } from '#api'
import { version } from './version.ts'

const schema: Schema = { type: 'string', optional: true }

const encodings: Readonly<Record<string, BufferEncoding>> = {
  'utf-8': 'utf8',
  utf8: 'utf8',
  'us-ascii': 'ascii',
  ascii: 'ascii',
  'iso-8859-1': 'latin1',
  latin1: 'latin1',
  'utf-16le': 'utf16le',
}

const config = defineConfig({
  'converter.encoding': {
    type: 'string',
    importance: 'high',
    default: 'UTF-8',
    validator: (name: string) =>
      name.toLowerCase() in encodings ? undefined : `is not one of UTF-8, US-ASCII, ISO-8859-1, UTF-16LE`,
    doc: 'The character set of the bytes.',
  },
})

/** Text as it is; what is no text is written as `toString` would (objects as JSON). */
export const stringConverter = defineConverter({
  name: 'StringConverter',
  aliases: ['org.apache.kafka.connect.storage.StringConverter'],
  version,
  doc: 'Text as it is. What is no text when it is written becomes text: numbers and booleans their digits and words, objects and arrays JSON.',
  config,
  create({ config: options }): Converter {
    const encoding = encodings[options['converter.encoding'].toLowerCase()] ?? 'utf8'
    return {
      toConnectData: (_topic, bytes) => ({ schema, value: bytes === null ? null : bytes.toString(encoding) }),
      fromConnectData: (_topic, _schema, value) =>
        value === null || value === undefined ? null : Buffer.from(text(value), encoding),
    }
  },
})

function text(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('base64')
  return typeof value === 'string' ? value : typeof value === 'bigint' ? String(value) : toJson(value)
}
