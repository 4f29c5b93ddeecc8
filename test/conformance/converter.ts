import { describe, expect, test } from 'vitest'
import { type Converter, type ConverterPlugin, DataError, type Schema, toJson } from '#api'

export interface Sample {
  readonly title: string
  readonly schema: Schema | undefined
  readonly value: unknown
  /** What is read back, where that is not the value itself. */
  readonly readBack?: unknown
}

export interface ConverterSubject {
  readonly plugin: ConverterPlugin
  /** A converter that is closed when the test is over. */
  readonly create: (side: 'key' | 'value') => Converter
  /** Each sample gets a topic beginning with this, which the registry, if there is one, has not seen before. */
  readonly topic: string
  readonly samples: readonly Sample[]
  /** Bytes that are not of this format. */
  readonly malformed?: readonly Buffer[]
  /** Values that it cannot write, with the schema if there is one. */
  readonly refused?: readonly { readonly schema?: Schema; readonly value: unknown }[]
}

/** The promises that every converter keeps. Its own test file calls it once and adds what is peculiar. */
export function testConverter({
  plugin,
  create,
  topic: prefix,
  samples,
  malformed = [],
  refused = [],
}: ConverterSubject): void {
  // A registry that minds compatibility takes no two of them under one subject.
  const cases = samples.map((sample, index) => ({ ...sample, topic: `${prefix}.${index}` }))

  describe(`${plugin.name} as a converter`, () => {
    test('says what it is', () => {
      expect(plugin.kind).toBe('converter')
      expect(plugin.name).toMatch(/^[A-Z][A-Za-z]+Converter$/)
      expect(plugin.aliases).toEqual([expect.stringMatching(/^[a-z.]+\.[A-Z][A-Za-z]+$/)])
      expect(plugin.doc).toMatch(/\.$/)
      for (const key of Object.values(plugin.config.keys)) expect(key.doc).toMatch(/\.$/)
    })

    test.each(cases)('reads $title as it wrote it', async ({ topic, schema, value, readBack = value }) => {
      for (const side of ['key', 'value'] as const) {
        const converter = create(side)
        const bytes = await converter.fromConnectData(topic, schema, value)
        expect(bytes).toBeInstanceOf(Buffer)
        expect((await converter.toConnectData(topic, bytes)).value).toEqual(readBack)
      }
    })

    test.each(cases)('writes $title, read and written again, as the same bytes', async ({ topic, schema, value }) => {
      const converter = create('value')
      const bytes = await converter.fromConnectData(topic, schema, value)
      const read = await converter.toConnectData(topic, bytes)
      expect(await converter.fromConnectData(topic, read.schema, read.value)).toEqual(bytes)
    })

    test.each(cases)('answers at once when it has seen the schema of $title', async ({ topic, schema, value }) => {
      const converter = create('value')
      const bytes = await converter.fromConnectData(topic, schema, value)
      await converter.toConnectData(topic, bytes)
      expect(converter.fromConnectData(topic, schema, value)).toBeInstanceOf(Buffer)
      expect(converter.toConnectData(topic, bytes)).not.toBeInstanceOf(Promise)
    })

    test.each(cases)('changes nothing of $title', async ({ topic, schema, value }) => {
      const converter = create('value')
      const before = toJson(value)
      const bytes = await converter.fromConnectData(topic, schema, value)
      expect(toJson(value)).toBe(before)
      const copy = Buffer.from(bytes ?? [])
      await converter.toConnectData(topic, bytes)
      expect(bytes).toEqual(copy)
    })

    test('gives bytes that a later value does not overwrite', async () => {
      const converter = create('value')
      const all: { bytes: Buffer | null; copy: Buffer }[] = []
      for (const { topic, schema, value } of cases) {
        const bytes = await converter.fromConnectData(topic, schema, value)
        all.push({ bytes, copy: Buffer.from(bytes ?? []) })
      }
      for (const { bytes, copy } of all) expect(bytes).toEqual(copy)
    })

    test('takes null for a tombstone, both ways', async () => {
      const converter = create('value')
      expect((await converter.toConnectData(prefix, null)).value).toBeNull()
      expect(await converter.fromConnectData(prefix, undefined, null)).toBeNull()
    })

    test.each(malformed.map((bytes) => [bytes.toString('hex') || 'nothing', bytes] as const))(
      'throws a DataError for %s',
      async (_hex, bytes) => {
        const converter = create('value')
        await expect(async () => await converter.toConnectData(prefix, bytes)).rejects.toThrow(DataError)
      },
    )

    test.each(refused)('throws a DataError for what it cannot write: %o', async ({ schema, value }) => {
      const converter = create('value')
      await expect(async () => await converter.fromConnectData(prefix, schema, value)).rejects.toThrow(DataError)
    })

    test('may be closed twice', async () => {
      const converter = create('value')
      await converter.close?.()
      expect(async () => await converter.close?.()).not.toThrow()
    })
  })
}
