import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import {
  type Converter,
  DataError,
  fromJson,
  NotFoundError,
  RetriableError,
  type Schema,
  type SchemaAndValue,
  SchemaMismatchError,
} from '#api'
import { avroConverter } from '../../../src/converters/avro-converter.ts'
import { compileAvro } from '../../../src/registry/index.ts'
import { testConverter } from '../../conformance/converter.ts'
import { samples } from '../../support/avro-samples.ts'
import { startFakeRegistry } from '../../support/fake-registry.ts'
import { quietLog } from '../../support/quiet.ts'

const shared = await startFakeRegistry((stop) => afterAll(stop))

function create(url: string, props: Record<string, string> = {}, isKey = false): Converter {
  const config = avroConverter.config.parse({ 'schema.registry.url': url, 'max.retries': '0', ...props })
  const converter = avroConverter.create({ config, isKey, log: quietLog })
  onTestFinished(() => converter.close?.())
  return converter
}

testConverter({
  plugin: avroConverter,
  topic: 'conformance',
  create: (side) => create(shared.url, {}, side === 'key'),
  samples,
  malformed: ['', '00', '00000000', '0100000001', '0000000000', '00ffffffff', '007fffffff02'].map((hex) =>
    Buffer.from(hex, 'hex'),
  ),
  refused: [
    { value: { a: 1 } },
    { schema: { type: 'int32' }, value: 'x' },
    { schema: { type: 'int64' }, value: 2n ** 63n },
    { schema: { type: 'struct', name: 'not a name', fields: [] }, value: {} },
    { schema: { type: 'array' }, value: [] },
  ],
})

const v1 = { type: 'record', name: 'test.Bus', fields: [{ name: 'id', type: 'long' }] }
const v2 = { ...v1, fields: [...v1.fields, { name: 'line', type: 'string', default: '?' }] }
const v3 = { ...v1, fields: [...v1.fields, { name: 'route', type: 'string', aliases: ['line'], default: '?' }] }
const renamed = { ...v1, name: 'other.Bus' }

const wire = (id: number, json: unknown, value: unknown): Buffer => {
  const header = Buffer.alloc(5)
  header.writeInt32BE(id, 1)
  return Buffer.concat([header, compileAvro(JSON.stringify(json)).type.toBuffer(value)])
}

async function setUp(props: Record<string, string> = {}) {
  const fake = await startFakeRegistry()
  return { fake, converter: create(fake.url, props) }
}

const registrations = (requests: readonly string[]) => requests.filter((request) => /^POST .*\/versions$/.test(request))

test('reads with the schema that the id names, and asks for it once', async () => {
  const { fake, converter } = await setUp()
  const id = fake.add('bus-value', v1)
  const bytes = wire(id, v1, { id: 2n ** 60n })
  const [first] = await Promise.all([converter.toConnectData('bus', bytes), converter.toConnectData('bus', bytes)])
  expect(first).toMatchObject({ schema: { type: 'struct', name: 'test.Bus' }, value: { id: 2n ** 60n } })
  expect((converter.toConnectData('bus', bytes) as SchemaAndValue).schema).toBe(first.schema)
  expect(fake.requests).toEqual([`GET /schemas/ids/${id}`])
})

test('bytes that are cut off or go on, or name no schema, are told with their topic and id', async () => {
  const { fake, converter } = await setUp()
  const id = fake.add('bus-value', v2)
  const bytes = wire(id, v2, { id: 5, line: 'seventeen' })
  await converter.toConnectData('bus', bytes)
  const reading = (given: Buffer) => () => converter.toConnectData('bus', given)
  expect(reading(bytes.subarray(0, -3))).toThrow('in the topic bus with the schema id 1 is truncated')
  expect(reading(bytes.subarray(0, 5))).toThrow(DataError)
  expect(reading(Buffer.concat([bytes, Buffer.alloc(2)]))).toThrow('has 2 bytes after its end')
  expect(reading(Buffer.from('{"id":1}'))).toThrow('in the topic bus begins with the byte 123')
  await expect(converter.toConnectData('bus', wire(99, v1, { id: 1 }))).rejects.toThrow('schema id 99 does not exist')
})

test('a registry that is away is an error to try again after', async () => {
  const { fake, converter } = await setUp()
  fake.fail(503)
  await expect(converter.toConnectData('bus', wire(1, v1, { id: 1 }))).rejects.toThrow(RetriableError)
  fake.fail(undefined)
  fake.add('bus-value', v1)
  expect(await converter.toConnectData('bus', wire(1, v1, { id: 1 }))).toMatchObject({ value: { id: 1 } })
})

test('a schema is registered under the subject of the topic, once', async () => {
  const { fake, converter } = await setUp()
  const schema: Schema = { type: 'struct', name: 'test.Bus', fields: [{ name: 'id', schema: { type: 'int64' } }] }
  await converter.fromConnectData('bus', schema, { id: 1 })
  await converter.fromConnectData('bus', { ...schema }, { id: 2 })
  await converter.fromConnectData('tram', schema, { id: 3 })
  expect(registrations(fake.requests)).toEqual([
    'POST /subjects/bus-value/versions',
    'POST /subjects/tram-value/versions',
  ])
})

test('what was read from one topic is written to another with the very same schema', async () => {
  const { fake, converter } = await setUp()
  const text = JSON.stringify({ ...v1, doc: 'kept', custom: 1 })
  const bytes = wire(fake.add('bus-value', text), v1, { id: 1 })
  const { schema, value } = await converter.toConnectData('bus', bytes)
  expect(await converter.fromConnectData('tram', schema, value)).toEqual(bytes)
  // A changed copy is another schema.
  const changed = { ...schema, name: 'test.Tram' } as Schema
  expect((await converter.fromConnectData('tram', changed, value))?.readInt32BE(1)).toBe(2)
})

test.each([
  ['TopicNameStrategy', false, 'bus-value'],
  ['TopicNameStrategy', true, 'bus-key'],
  ['io.confluent.kafka.serializers.subject.RecordNameStrategy', false, 'test.Bus'],
  ['TopicRecordNameStrategy', true, 'bus-test.Bus'],
])('with %s (key: %s) the subject is %s', async (strategy, isKey, subject) => {
  const fake = await startFakeRegistry()
  const converter = create(fake.url, { [`${isKey ? 'key' : 'value'}.subject.name.strategy`]: strategy }, isKey)
  const schema: Schema = { type: 'struct', name: 'test.Bus', optional: true, fields: [] }
  await converter.fromConnectData('bus', schema, {})
  expect(registrations(fake.requests)).toEqual([`POST /subjects/${subject}/versions`])
})

test('without auto.register.schemas a schema must be there', async () => {
  const { fake, converter } = await setUp({ 'auto.register.schemas': 'false' })
  const { json } = compileAvro(JSON.stringify(v1))
  const schema: Schema = { type: 'string' }
  await expect(converter.fromConnectData('bus', schema, 'x')).rejects.toThrow(/bus-value.*tidegate schemas register/)
  expect(json).toEqual(v1)
  fake.add('tram-value', '"string"')
  expect(await converter.fromConnectData('tram', schema, 'x')).toEqual(wire(1, 'string', 'x'))
  expect(registrations(fake.requests)).toEqual([])
})

test('with use.latest.version data needs no schema, and must fit the newest', async () => {
  const { fake, converter } = await setUp({ 'use.latest.version': 'true' })
  fake.add('bus-value', v1)
  const id = fake.add('bus-value', v2)
  expect(await converter.fromConnectData('bus', undefined, { id: 2n ** 62n, line: 'a' })).toEqual(
    wire(id, v2, { id: 2n ** 62n, line: 'a' }),
  )
  expect(converter.fromConnectData('bus', undefined, { id: 1 })).toEqual(wire(id, v2, { id: 1, line: '?' }))
  expect(() => converter.fromConnectData('bus', undefined, { id: '1' })).toThrow(SchemaMismatchError)
  expect(() => converter.fromConnectData('bus', undefined, { id: 1, more: 1 })).toThrow('a field "more"')
  expect(registrations(fake.requests)).toEqual([])
})

test.each([[{ 'schema.version': '1' }], [{ 'use.schema.id': '1' }]])('%o pins what is written', async (props) => {
  const { fake, converter } = await setUp(props)
  fake.add('bus-value', v1)
  fake.add('bus-value', v2)
  expect(await converter.fromConnectData('bus', undefined, { id: 1 })).toEqual(wire(1, v1, { id: 1 }))
  expect((await converter.schemaFor?.('bus'))?.fields).toHaveLength(1)
})

test('schema.file is written with its id in the subject, and must be registered', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'avro-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const file = join(dir, 'bus.avsc')
  await writeFile(file, JSON.stringify(v1))
  const { fake, converter } = await setUp({ 'schema.file': file })
  await expect(converter.schemaFor?.('bus')).rejects.toThrow(/bus\.avsc is not registered.*bus-value.*schemas register/)
  const id = fake.add('tram-value', JSON.stringify(v1))
  expect(await converter.fromConnectData('tram', undefined, { id: 1 })).toEqual(wire(id, v1, { id: 1 }))
  expect(registrations(fake.requests)).toEqual([])
})

test('data of schemaFor is written with that id at once, and nothing is registered', async () => {
  const { fake, converter } = await setUp()
  fake.add('bus-value', v1)
  const id = fake.add('bus-value', v2)
  const schema = await converter.schemaFor?.('bus')
  expect(schema).toBe(await converter.schemaFor?.('bus'))
  const value = fromJson(schema as Schema, { id: '9223372036854775807' })
  expect(converter.fromConnectData('bus', schema, value)).toEqual(wire(id, v2, { id: 2n ** 63n - 1n, line: '?' }))
  expect(registrations(fake.requests)).toEqual([])
})

test('schemaFor says which subject does not exist and what to run', async () => {
  const { fake, converter } = await setUp()
  await expect(converter.schemaFor?.('bus')).rejects.toThrow(NotFoundError)
  await expect(converter.schemaFor?.('bus')).rejects.toThrow(
    /subject bus-value does not exist in .*`tidegate schemas register`/,
  )
  const byName = create(fake.url, { 'value.subject.name.strategy': 'RecordNameStrategy' })
  await expect(byName.schemaFor?.('bus')).rejects.toThrow('set schema.file')
})

test('data of every version is read as read.schema.version', async () => {
  const { fake, converter } = await setUp({ 'read.schema.version': '2' })
  const old = wire(fake.add('bus-value', v1), v1, { id: 1 })
  const now = wire(fake.add('bus-value', v2), v2, { id: 2, line: 'b' })
  const next = wire(fake.add('bus-value', renamed), renamed, { id: 3 })
  const values = []
  for (const bytes of [old, now, next]) values.push((await converter.toConnectData('bus', bytes)).value)
  expect(values).toEqual([
    { id: 1, line: '?' },
    { id: 2, line: 'b' },
    { id: 3, line: '?' },
  ])
  expect(converter.toConnectData('bus', old)).toMatchObject({ schema: { fields: [{}, {}] } })
})

test('data is read as read.schema.file, aliases included, and what cannot be is told', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'avro-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const file = join(dir, 'bus.avsc')
  await writeFile(file, JSON.stringify(v3))
  const { fake, converter } = await setUp({ 'read.schema.file': file })
  const bytes = wire(fake.add('bus-value', v2), v2, { id: 1, line: 'x' })
  expect((await converter.toConnectData('bus', bytes)).value).toEqual({ id: 1, route: 'x' })
  const other = wire(fake.add('bus-value', '"string"'), 'string', 'x')
  await expect(converter.toConnectData('bus', other)).rejects.toThrow(
    'schema id 2 cannot be read with the reader schema',
  )
  const absent = create(fake.url, { 'read.schema.file': join(dir, 'none.avsc') })
  await expect(absent.toConnectData('bus', bytes)).rejects.toThrow('none.avsc cannot be used')
})

test('a value that does not fit names its field', async () => {
  const { converter } = await setUp()
  const position: Schema = { type: 'struct', name: 'P', fields: [{ name: 'latitude', schema: { type: 'float64' } }] }
  const schema: Schema = { type: 'struct', name: 'R', fields: [{ name: 'position', schema: position }] }
  const error = await Promise.resolve(converter.fromConnectData('bus', schema, { position: { latitude: '1' } })).catch(
    (caught: unknown) => caught,
  )
  expect(error).toBeInstanceOf(SchemaMismatchError)
  expect((error as SchemaMismatchError).context).toMatchObject({ field: 'position.latitude', topic: 'bus' })
})

test('a schema that the registry will not have is one bad record', async () => {
  const { converter } = await setUp()
  const schema: Schema = { type: 'struct', name: 'incompatible', fields: [] }
  await expect(converter.fromConnectData('bus', schema, {})).rejects.toThrow(
    /DataError|subject bus-value is not compatible/,
  )
})

test('an unknown strategy and a missing URL are refused', () => {
  expect(() => avroConverter.config.parse({})).toThrow('schema.registry.url')
  expect(() =>
    avroConverter.config.parse({ 'schema.registry.url': 'http://x', 'value.subject.name.strategy': 'My' }),
  ).toThrow('TopicNameStrategy, RecordNameStrategy')
})

test.each([
  [{}, { a: 7, b: 'x', list: [{ b: 'x' }] }],
  [{ 'ignore.default.for.nullables': 'true' }, { a: 7, b: null, list: [{ b: null }] }],
])('with %o null in a field with a default is written as %o', async (props: Record<string, string>, expected) => {
  const { converter } = await setUp(props)
  const b = { name: 'b', schema: { type: 'string', optional: true, default: 'x' } } as const
  const inner: Schema = { type: 'struct', name: 'Inner', fields: [b] }
  const a = { name: 'a', schema: { type: 'int32', default: 7 } } as const
  const list = { name: 'list', schema: { type: 'array', values: inner } } as const
  const schema: Schema = { type: 'struct', name: 'Outer', fields: [a, b, list] }
  const value = { a: 'ignore.default.for.nullables' in props ? 7 : null, b: null, list: [{ b: null }] }
  const bytes = await converter.fromConnectData('bus', schema, value)
  expect((await converter.toConnectData('bus', bytes)).value).toEqual(expected)
})

test('docs and defaults of every part survive, where Java’s converter looks for them', async () => {
  const { fake, converter } = await setUp()
  const items = { type: 'int16', default: 5, doc: 'Small.' } as const
  const list: Schema = { type: 'array', values: items, doc: 'A list.', default: [1] }
  const schema: Schema = { type: 'struct', name: 'Kept', doc: 'All.', fields: [{ name: 'list', schema: list }] }
  const bytes = await converter.fromConnectData('bus', schema, { list: [2] })
  const read = await converter.toConnectData('bus', bytes)
  expect(read.schema).toEqual({ ...schema, fields: [{ name: 'list', schema: list }] })
  const { schema: text } = (await (await fetch(`${fake.url}/schemas/ids/1`)).json()) as { schema: string }
  expect(JSON.parse(text)).toMatchObject({
    'connect.doc': 'All.',
    fields: [{ type: { 'connect.doc': 'A list.', 'connect.default': [1], items: { 'connect.default': 5 } } }],
  })
})

test('keys that change nothing are named with the reason', () => {
  const warned: unknown[] = []
  const props = { 'schema.registry.url': shared.url, 'proxy.host': 'p', 'enhanced.avro.schema.support': 'true' }
  const log = { ...quietLog, warn: (fields: object) => void warned.push(fields) }
  const converter = avroConverter.create({ config: avroConverter.config.parse(props), props, isKey: false, log })
  onTestFinished(() => converter.close?.())
  expect(warned).toEqual([
    { key: 'proxy.host', reason: 'the registry is asked without a proxy' },
    { key: 'enhanced.avro.schema.support', reason: 'enums and packages are always kept' },
  ])
})
