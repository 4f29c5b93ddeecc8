import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Converter, logicalNames, type Schema, type SchemaAndValue, traceOf } from '#api'
import { avroConverter } from '../../src/converters/avro-converter.ts'
import { jsonSchemaConverter } from '../../src/converters/json-schema-converter.ts'
import { protobufConverter } from '../../src/converters/protobuf-converter.ts'
import { comparable, type TypedData, typedData } from '../interop/connect-json.ts'
import { pick, type Random, randomPrimitive } from '../interop/converters/random-data.ts'
import { avroData } from '../interop/registry/avro-data.ts'
import { protobufFields, protobufTexts, sorted } from '../interop/registry/protobuf-fields.ts'
import { type JavaProgram, startJavaProgram } from '../support/java.ts'
import { quietLog } from '../support/quiet.ts'
import { register } from '../support/registry.ts'
import { evidence, scale, seed, seededRandom } from '../support/scale.ts'

const url = inject('registry')
/** The registry's own API, which Java's classes ask. */
const core = new URL('/apis/registry/v2', url).href
const run = randomUUID().slice(0, 8)

let converters: JavaProgram
let serdes: JavaProgram
const ours: Record<'avro' | 'json' | 'protobuf', Converter> = {
  avro: open(avroConverter),
  json: open(jsonSchemaConverter),
  protobuf: open(protobufConverter),
}
const rows: { what: string; cases: number; equal: number; refused: number; differs: number }[] = []

/** What a case says that Java itself could not do. */
const refused = Symbol('refused by Java')

function open(plugin: typeof avroConverter | typeof jsonSchemaConverter | typeof protobufConverter): Converter {
  const config = plugin.config.parse({ 'schema.registry.url': url, 'use.latest.version': 'false' })
  return plugin.create({ config: config as never, isKey: false, log: quietLog })
}

beforeAll(async () => {
  converters = await startJavaProgram('Converters')
  serdes = await startJavaProgram('RegistryConverters', [core])
}, 300_000)

afterAll(async () => {
  printTable()
  for (const converter of Object.values(ours)) await converter.close?.()
  await Promise.all([converters.close(), serdes.close()])
})

function printTable(): void {
  const line = (what: string, ...counts: readonly (string | number)[]) =>
    `${what.padEnd(58)}${counts.map((count) => String(count).padStart(9)).join('')}`
  const lines = rows.map(({ what, cases, equal, refused: no, differs }) => line(what, cases, equal, no, differs))
  process.stdout.write(
    `\nRegistry converters here and in Java, seed ${seed}\n${[line('', 'cases', 'equal', 'refused', 'differs'), ...lines].join('\n')}\n`,
  )
  const sum = (of: 'cases' | 'equal' | 'differs') => rows.reduce((total, row) => total + row[of], 0)
  evidence('java-registry-converters', { cases: sum('cases'), equal: sum('equal'), differs: sum('differs') })
}

/** Counts the cases in which nothing was found; gives the first that differ. */
async function table(
  what: string,
  cases: number,
  differs: (index: number) => Promise<unknown>,
): Promise<readonly unknown[]> {
  const found: unknown[] = []
  for (let index = 0; index < cases; index++) {
    const difference = await differs(index).catch((error: unknown) => traceOf(error))
    if (difference !== undefined) found.push(difference)
  }
  const differing = found.filter((each) => each !== refused)
  const refusals = found.length - differing.length
  rows.push({ what, cases, equal: cases - found.length, refused: refusals, differs: differing.length })
  expect(refusals).toBeLessThan(cases / 4)
  return differing.slice(0, 3).map((each) => `seed ${seed}: ${String(each)}`)
}

/** Where the others are not what is expected: the path, and both. */
function firstDifferences(others: Readonly<Record<string, unknown>>, expected: unknown): string {
  const find = (a: unknown, b: unknown, path: string): string | undefined => {
    if (JSON.stringify(a) === JSON.stringify(b)) return undefined
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
      return `${path}: ${JSON.stringify(a)} instead of ${JSON.stringify(b)}`.slice(0, 300)
    }
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const found = find((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], `${path}.${key}`)
      if (found !== undefined) return found
    }
    return `${path}: in another order`
  }
  return Object.entries(others)
    .map(([name, other]) => find(other, expected, name) ?? `${name}: equal`)
    .join('\n')
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

const java = {
  converter: 'io.apicurio.registry.utils.converter.AvroConverter',
  as: 'value',
  config: {
    'apicurio.registry.url': core,
    'apicurio.registry.as-confluent': 'true',
    'apicurio.registry.use-id': 'contentId',
    'apicurio.registry.headers.enabled': 'false',
    'apicurio.registry.auto-register': 'true',
  },
}

/** Undefined where Java's own classes fail: its JSON library of this class path cannot read a default of bytes. */
async function javaWrites(topic: string, data: SchemaAndValue): Promise<Buffer | undefined> {
  const request = { op: 'fromConnect', ...java, topic, data: typedData(data) }
  const { bytes } = await converters.ask<{ bytes?: string }>(request)
  return bytes === undefined ? undefined : Buffer.from(bytes, 'base64')
}

async function javaReads(topic: string, bytes: Buffer): Promise<unknown> {
  const request = { op: 'toConnect', ...java, topic, bytes: bytes.toString('base64') }
  const answer = await converters.ask<{ data?: TypedData; error?: string }>(request)
  return answer.data ? comparable(answer.data) : answer
}

test('Avro that Java’s converter writes is read here as Java reads it, and the other way round', async () => {
  const random = seededRandom()
  expect(
    await table('Avro converter, Java → here → Java', scale({ small: 150, full: 1000 }), async (index) => {
      const topic = `java-avro.${run}.${index}`
      const data = avroData(random, index)
      const theirs = await javaWrites(topic, data)
      if (!theirs) return refused
      const expected = await javaReads(topic, theirs)
      const here = comparable(typedData(await ours.avro.toConnectData(topic, theirs)))
      const mine = (await ours.avro.fromConnectData(`${topic}.ours`, data.schema, data.value)) ?? Buffer.alloc(0)
      const back = await javaReads(`${topic}.ours`, mine)
      if (same(here, expected) && same(back, expected)) return undefined
      return firstDifferences({ data: comparable(typedData(data)), here, back }, expected)
    }),
  ).toEqual([])
}, 600_000)

test('Protobuf that Java’s library writes is read here, and what is written here it reads', async () => {
  const count = scale({ small: 60, full: 400 })
  for (const [name, schema] of Object.entries(protobufTexts)) {
    const topic = `java-protobuf.${run}.${name.replaceAll(' ', '-')}`
    const id = await register(`${topic}-value`, schema, url, 'PROTOBUF')
    const { messages = [], error } = await serdes.ask<{
      messages?: { bytes: string; fields: object }[]
      error?: string
    }>({
      op: 'protobuf.random',
      schema,
      message: 'All',
      seed,
      count,
    })
    expect(error).toBeUndefined()
    expect(
      await table(`Protobuf payload, ${name}, Java → here → Java`, messages.length, async (index) => {
        const message = messages[index]
        const header = Buffer.from([0, 0, 0, 0, 0, 0])
        header.writeInt32BE(id, 1)
        const bytes = Buffer.concat([header, Buffer.from(message?.bytes ?? '', 'base64')])
        const { schema: read, value } = await ours.protobuf.toConnectData(topic, bytes)
        const here = protobufFields(read as Schema, value)
        const written = await ours.protobuf.fromConnectData(topic, read, value)
        const back = await serdes.ask<{ fields?: object }>({
          op: 'protobuf.read',
          schema,
          message: 'All',
          bytes: written?.subarray(6).toString('base64'),
        })
        const expected = sorted(message?.fields)
        if (same(here, expected) && same(sorted(back.fields), expected)) return undefined
        return JSON.stringify({ bytes: message?.bytes, expected, here, back })
      }),
    ).toEqual([])
  }
}, 600_000)

const jsonFields = (random: Random): Schema => ({
  type: 'struct',
  name: 'Row',
  fields: (['int8', 'int32', 'int64', 'float64', 'boolean', 'string', 'bytes'] as const).flatMap((type, index) => [
    { name: `a${index}`, schema: { type } },
    { name: `o${index}`, schema: { type, optional: true } },
    { name: `l${index}`, schema: { type: 'array', values: { type, optional: random() < 0.5 } } },
    { name: `m${index}`, schema: { type: 'map', keys: { type: 'string' }, values: { type } } },
  ]),
})

const finite = (random: Random, schema: Schema): unknown => {
  const value = randomPrimitive(random, schema.type)
  return typeof value === 'number' && !Number.isFinite(value) ? 0.5 : value
}

function jsonValue(random: Random, schema: Schema): unknown {
  if (schema.optional && random() < 0.3) return null
  const item = () => jsonValue(random, schema.values ?? schema)
  if (schema.type === 'array') return Array.from({ length: Math.floor(random() * 3) }, item)
  if (schema.type === 'map')
    return Object.fromEntries(pick(random, [[], ['k'], ['k', 'ü "']]).map((key) => [key, item()]))
  if (schema.type !== 'struct') return finite(random, schema)
  return Object.fromEntries((schema.fields ?? []).map(({ name, schema: field }) => [name, jsonValue(random, field)]))
}

test('JSON with a JSON Schema that is written here Java reads and finds valid, and what Java writes is read here', async () => {
  const random = seededRandom()
  const schema = jsonFields(random)
  const topic = `java-json.${run}`
  expect(
    await table('JSON Schema payload, here → Java → here', scale({ small: 100, full: 1000 }), async () => {
      const value = jsonValue(random, schema)
      const written = (await ours.json.fromConnectData(topic, schema, value)) ?? Buffer.alloc(0)
      const read = await serdes.ask<{ json?: string }>({ op: 'json.read', topic, bytes: written.toString('base64') })
      const again = await serdes.ask<{ bytes?: string }>({ op: 'json.write', topic, json: read.json ?? '' })
      const theirs = Buffer.from(again.bytes ?? '', 'base64')
      const here = again.bytes === undefined ? again : (await ours.json.toConnectData(topic, theirs)).value
      const expected = typedData({ schema, value }).value
      if (read.json !== undefined && same(typedData({ schema, value: here }).value, expected)) return undefined
      return JSON.stringify({ expected, written: written.toString('utf8', 5), read, again, here: String(here) })
    }),
  ).toEqual([])
}, 600_000)

test('the well-known types are on the wire what Java’s library takes them for', async () => {
  const topic = `java-known.${run}`
  const fields = [
    { name: 'at', schema: { type: 'int64', name: logicalNames.timestamp, version: 1 } },
    { name: 'day', schema: { type: 'int32', name: logicalNames.date, version: 1 } },
    { name: 'time', schema: { type: 'int32', name: logicalNames.time, version: 1 } },
  ] as const
  const value = { at: -1, day: -719_162, time: 86_399_999 }
  const bytes = await ours.protobuf.fromConnectData(topic, { type: 'struct', name: 'Known', fields }, value)
  const text = await fetch(`${url}/schemas/ids/${bytes?.readInt32BE(1)}`).then(async (answer) => answer.json())
  const { fields: read, ...answer } = await serdes.ask<{ fields?: object }>({
    op: 'protobuf.read',
    schema: (text as { schema: string }).schema,
    message: 'Known',
    bytes: bytes?.subarray(6).toString('base64'),
  })
  expect(answer).not.toHaveProperty('error')
  expect(read).toEqual({
    at: { seconds: '-1', nanos: '999000000' },
    day: { year: '1', month: '1', day: '1' },
    time: { hours: '23', minutes: '59', seconds: '59', nanos: '999000000' },
  })
  expect((await ours.protobuf.toConnectData(topic, bytes)).value).toEqual(value)
})
