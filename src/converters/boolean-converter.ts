import { type Converter, DataError, defineConverter, type Schema } from '#api'
import { defineConverterConfig } from './converter-config.ts'
import { version } from './version.ts'

const schema: Schema = { type: 'boolean', optional: true }

/** Booleans as one byte, 0 or 1. */
export const booleanConverter = defineConverter({
  name: 'BooleanConverter',
  aliases: ['org.apache.kafka.connect.converters.BooleanConverter'],
  version,
  doc: 'Booleans as one byte, 0 or 1.',
  config: defineConverterConfig({}),
  forHeaders: true,
  create: (): Converter => ({
    toConnectData(_topic, bytes) {
      if (bytes === null) return { schema, value: null }
      const [byte = 2] = bytes
      if (bytes.length !== 1 || byte > 1) {
        const found = bytes.length === 1 ? `0x${bytes.toString('hex')}` : `${bytes.length} bytes`
        throw new DataError(`BooleanConverter reads one byte, 0 or 1, and there are ${found}.`)
      }
      return { schema, value: byte === 1 }
    },
    fromConnectData(topic, given, value) {
      if (given && given.type !== 'boolean') {
        throw new DataError(
          `The topic ${topic} takes booleans, and the schema of a value is of the type ${given.type}.`,
        )
      }
      if (value === null || value === undefined) return null
      if (typeof value === 'boolean') return Buffer.of(value ? 1 : 0)
      throw new DataError(`The topic ${topic} takes booleans, and a value is of the type ${typeof value}.`)
    },
  }),
})
