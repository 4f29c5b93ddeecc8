import { type Converter, type ConverterPlugin, DataError, defineConverter, type Schema, type SchemaType } from '#api'
import { exactLong } from '../util/connect-values.ts'
import { defineConverterConfig } from './converter-config.ts'
import { version } from './version.ts'

interface NumberFormat {
  readonly name: string
  readonly type: SchemaType
  readonly size: number
  read(bytes: Buffer): number | bigint
  write(bytes: Buffer, value: number | bigint): void
  /** Whether a number that comes without a schema may be one. */
  holds(value: number | bigint): boolean
}

const integer = (bits: number) => (value: number | bigint) =>
  (typeof value === 'bigint' || Number.isInteger(value)) && BigInt.asIntN(bits, BigInt(value)) === BigInt(value)
const isNumber = (value: number | bigint): boolean => typeof value === 'number'

const formats: readonly NumberFormat[] = [
  {
    name: 'Short',
    type: 'int16',
    size: 2,
    read: (bytes) => bytes.readInt16BE(),
    write: (bytes, value) => bytes.writeInt16BE(Number(value)),
    holds: integer(16),
  },
  {
    name: 'Integer',
    type: 'int32',
    size: 4,
    read: (bytes) => bytes.readInt32BE(),
    write: (bytes, value) => bytes.writeInt32BE(Number(value)),
    holds: integer(32),
  },
  {
    name: 'Long',
    type: 'int64',
    size: 8,
    read: (bytes) => exactLong(bytes.readBigInt64BE()),
    write: (bytes, value) => bytes.writeBigInt64BE(BigInt(value)),
    holds: integer(64),
  },
  {
    name: 'Float',
    type: 'float32',
    size: 4,
    read: (bytes) => bytes.readFloatBE(),
    write: (bytes, value) => bytes.writeFloatBE(Number(value)),
    holds: isNumber,
  },
  {
    name: 'Double',
    type: 'float64',
    size: 8,
    read: (bytes) => bytes.readDoubleBE(),
    write: (bytes, value) => bytes.writeDoubleBE(Number(value)),
    holds: isNumber,
  },
]

/** Numbers of a fixed length, the highest byte first, as Kafka's own serialisers write them. */
export const numericConverters: readonly ConverterPlugin[] = formats.map((format) =>
  defineConverter({
    name: `${format.name}Converter`,
    aliases: [`org.apache.kafka.connect.converters.${format.name}Converter`],
    version,
    doc: `Numbers of the type ${format.type} in ${format.size} bytes, the highest first.`,
    config: defineConverterConfig({}),
    forHeaders: true,
    create: () => createNumericConverter(format),
  }),
)

function createNumericConverter({ name, type, size, read, write, holds }: NumberFormat): Converter {
  const schema: Schema = { type, optional: true }
  return {
    toConnectData(_topic, bytes) {
      if (bytes === null) return { schema, value: null }
      if (bytes.length !== size) {
        throw new DataError(`${name}Converter reads ${size} bytes (${type}), and there are ${bytes.length}.`)
      }
      return { schema, value: read(bytes) }
    },
    fromConnectData(topic, given, value) {
      if (value === null || value === undefined) return null
      const what = given ? `${given.name ? `${given.name}, ` : ''}${given.type}` : typeof value
      const fits = given === undefined || (given.type === type && !isLogical(given))
      if (!fits || (typeof value !== 'number' && typeof value !== 'bigint') || !holds(value)) {
        throw new DataError(`The topic ${topic} takes numbers of the type ${type}, and a value is not one (${what}).`)
      }
      const bytes = Buffer.allocUnsafe(size)
      write(bytes, value)
      return bytes
    },
  }
}

/** Dates and times are no numbers, although they are written as such elsewhere. */
const isLogical = ({ name }: Schema): boolean =>
  /^org\.apache\.kafka\.connect\.data\.(?:Date|Time|Timestamp)$/.test(name ?? '')
