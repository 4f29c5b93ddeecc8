import { logicalNames, type Schema, type SchemaAndValue } from '#api'
import type { Case } from './compare.ts'
import { randomHeaderText } from './header-texts.ts'
import { ours, type Side, type Subject } from './ours.ts'
import { pick, type Random, randomData, randomPrimitive } from './random-data.ts'
import { spoil } from './spoil.ts'

const content =
  '{"type":"struct","optional":true,"fields":[{"type":"int64","field":"id"},{"type":"string","optional":true,"field":"t"}]}'

/** The configurations under which a converter is compared; Java's defaults come first. */
const configs: Readonly<Record<string, readonly Record<string, string>[]>> = {
  JsonConverter: [
    {},
    { 'schemas.enable': 'false' },
    { 'decimal.format': 'numeric' },
    { 'schemas.enable': 'false', 'decimal.format': 'NUMERIC' },
    { 'replace.null.with.default': 'false' },
    { 'schema.content': content },
    { 'schema.content': content, 'schemas.enable': 'false' },
    { 'schemas.cache.size': '1' },
  ],
  StringConverter: [
    {},
    ...['US-ASCII', 'iso-8859-1', 'ISO-8859-15', 'windows-1252', 'UTF-16', 'UTF-16LE', 'UTF-16BE'].map((encoding) => ({
      'converter.encoding': encoding,
    })),
  ],
}

const simpleName = (converter: string): string => converter.slice(converter.lastIndexOf('.') + 1)

/** So many cases of one converter: data to write and read, and bytes to read. */
export function casesOf(random: Random, converter: string, sides: readonly Side[], count: number): readonly Case[] {
  const options = configs[simpleName(converter)] ?? [{}]
  return Array.from({ length: count }, (_, index) => {
    const subject = { converter, config: options[index % options.length] ?? {}, as: pick(random, sides) }
    // Under each configuration, every byte once.
    if (index < options.length) return { subject, bytes: Buffer.from([...Array(256).keys()]) }
    return random() < 0.5
      ? { subject, data: dataFor(random, converter) }
      : { subject, bytes: bytesFor(random, subject) }
  })
}

function dataFor(random: Random, converter: string): SchemaAndValue {
  const type = ownTypes[simpleName(converter)]
  if (!type || random() < 0.3) return randomData(random)
  if (random() < 0.1) return { value: null }
  const schema: Schema = { type, optional: random() < 0.5 }
  return { ...(random() < 0.8 && { schema }), value: random() < 0.1 ? null : randomPrimitive(random, type) }
}

const ownTypes: Readonly<Record<string, Schema['type']>> = {
  ShortConverter: 'int16',
  IntegerConverter: 'int32',
  LongConverter: 'int64',
  FloatConverter: 'float32',
  DoubleConverter: 'float64',
  BooleanConverter: 'boolean',
  ByteArrayConverter: 'bytes',
}

function bytesFor(random: Random, subject: Subject): Buffer | null {
  if (random() < 0.02) return null
  if (subject.converter.endsWith('.SimpleHeaderConverter') || random() < 0.05)
    return Buffer.from(randomHeaderText(random))
  if (subject.converter.endsWith('.JsonConverter')) return jsonFor(random, subject)
  return Buffer.from(
    Array.from({ length: pick(random, [0, 1, 1, 2, 4, 8, 9]) }, () =>
      random() < 0.5 ? Math.floor(random() * 256) : pick(random, [0, 1, 2, 65, 127, 195, 188, 255]),
    ),
  )
}

function jsonFor(random: Random, subject: Subject): Buffer {
  const { schema, value } = randomData(random, 2)
  // What fails to be written is not to be read.
  const writable = schema === undefined || schema.name === logicalNames.decimal || value !== null || schema.optional
  const bytes = writable
    ? ours({ ...subject, config: { 'schemas.enable': pick(random, ['true', 'false']) } }).write({ schema, value })
    : null
  const own = subject.config['schema.content'] === undefined ? bytes : Buffer.from('{"id":5,"t":"x","more":[1.5]}')
  return own === null ? Buffer.from('null') : random() < 0.8 ? spoil(random, own) : own
}
