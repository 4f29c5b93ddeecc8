import { type Converter, defineConverter, type Schema, toJson } from '#api'
import { defineConverterConfig } from './converter-config.ts'
import { charsetOf, charsetsKnown } from './string/charsets.ts'
import { javaText } from './string/java-text.ts'
import { version } from './version.ts'

const schema: Schema = { type: 'string', optional: true }

const config = defineConverterConfig({
  'converter.encoding': {
    type: 'string',
    importance: 'high',
    default: 'UTF-8',
    width: 'medium',
    displayName: 'Encoding',
    validator: (name: string) => (charsetOf(name) ? undefined : `is not one of ${charsetsKnown}`),
    doc: `The character set of the bytes: ${charsetsKnown}.`,
  },
})

/** Text as it is; what is no text is written as Java's `toString` would (objects as JSON). */
export const stringConverter = defineConverter({
  name: 'StringConverter',
  aliases: ['org.apache.kafka.connect.storage.StringConverter'],
  version,
  doc: 'Text as it is. What is no text when it is written becomes text: numbers, booleans, dates and decimals as Java writes them, objects and arrays JSON, bytes base64.',
  config,
  forHeaders: true,
  create({ config: options }): Converter {
    const charset = charsetOf(options['converter.encoding'])
    if (!charset) throw new Error(`No charset ${options['converter.encoding']}`)
    return {
      toConnectData: (_topic, bytes) => ({ schema, value: bytes === null ? null : charset.decode(bytes) }),
      fromConnectData: (_topic, given, value) =>
        value === null || value === undefined ? null : charset.encode(text(given, value)),
    }
  },
})

function text(given: Schema | undefined, value: unknown): string {
  if (typeof value === 'string' && given?.name === undefined) return value
  if (Buffer.isBuffer(value)) return value.toString('base64')
  return typeof value === 'object' ? toJson(value) : javaText(given, value)
}
