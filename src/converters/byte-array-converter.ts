import { type Converter, DataError, defineConverter, type Schema } from '#api'
import { defineConverterConfig } from './converter-config.ts'
import { version } from './version.ts'

const schema: Schema = { type: 'bytes', optional: true }

/** Bytes as they are, both ways. */
export const byteArrayConverter = defineConverter({
  name: 'ByteArrayConverter',
  aliases: ['org.apache.kafka.connect.converters.ByteArrayConverter'],
  version,
  doc: 'Bytes as they are, both ways.',
  config: defineConverterConfig({}),
  forHeaders: true,
  create: (): Converter => ({
    toConnectData: (_topic, bytes) => ({ schema, value: bytes }),
    fromConnectData(topic, given, value) {
      if (given && given.type !== 'bytes') {
        throw new DataError(`The topic ${topic} takes bytes, and the schema of a value is of the type ${given.type}.`)
      }
      if (value === null || value === undefined) return null
      if (Buffer.isBuffer(value)) return value
      throw new DataError(`The topic ${topic} takes bytes, and a value is of the type ${typeof value}.`)
    },
  }),
})
