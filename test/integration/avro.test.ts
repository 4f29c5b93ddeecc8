import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import * as fc from 'fast-check'
import { expect, inject, onTestFinished, test } from 'vitest'
import { type Converter, DataError, fromJson, RetriableError, type Schema } from '#api'
import { avroConverter } from '../../src/converters/avro-converter.ts'
import { avroFormat, checkSchemas, createRegistry, registerSchemas, registryConfig } from '../../src/registry/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { testConverter } from '../conformance/converter.ts'
import { schemaAndValue } from '../support/arbitrary-avro.ts'
import { samples } from '../support/avro-samples.ts'
import { quietLog } from '../support/quiet.ts'
import { register } from '../support/registry.ts'

const url = inject('registry')
const unique = (name: string) => `avro-test.${name}.${randomUUID()}`

function create(props: Record<string, string> = {}, isKey = false): Converter {
  const config = avroConverter.config.parse({ 'schema.registry.url': url, 'max.retries': '0', ...props })
  const converter = avroConverter.create({ config, isKey, log: quietLog })
  onTestFinished(() => converter.close?.())
  return converter
}

function openRegistry(at = url) {
  const registry = createRegistry({ config: registryConfig(at), clock: systemClock, format: avroFormat })
  onTestFinished(() => registry.close())
  return registry
}

testConverter({
  plugin: avroConverter,
  topic: unique('conformance'),
  create: (side) => create({}, side === 'key'),
  samples,
  malformed: ['00', '0100000001', '007fffffff02'].map((hex) => Buffer.from(hex, 'hex')),
  refused: [{ value: { a: 1 } }],
})

const bus = (...more: object[]) => ({
  type: 'record',
  name: 'Bus',
  namespace: 'test',
  fields: [{ name: 'id', type: 'string' }, { name: 'seen', type: 'long' }, ...more],
})

test('what the registry client of KafkaJS wrote is read, and what is written it reads', async () => {
  const topic = unique('both')
  const client = new SchemaRegistry({ host: url })
  const id = await register(`${topic}-value`, bus())
  const value = { id: 'a', seen: 1728140000123 }
  const bytes = await client.encode(id, value)
  const converter = create()
  const read = await converter.toConnectData(topic, bytes)
  expect(read.value).toEqual(value)
  expect(await converter.fromConnectData(topic, read.schema, value)).toEqual(bytes)
  expect(await client.decode(bytes)).toMatchObject(value)
})

test('generated schemas are registered, and their values read again', async () => {
  const writer = create()
  await fc.assert(
    fc.asyncProperty(schemaAndValue, async ({ json, value }) => {
      const topic = unique('generated')
      const id = await register(`${topic}-value`, typeof json === 'string' ? { type: json } : json)
      const schema = await writer.schemaFor?.(topic)
      const bytes = await writer.fromConnectData(topic, schema, value)
      expect(bytes === null || bytes?.readInt32BE(1)).toBe(value === null || id)
      expect((await create().toConnectData(topic, bytes ?? null)).value).toEqual(value)
    }),
    { numRuns: 25 },
  )
})

test('a Connect schema of a source is registered, evolves, and old data is read as the new', async () => {
  const topic = unique('evolve')
  const id = { name: 'id', schema: { type: 'string' } } as const
  const line = { name: 'line', schema: { type: 'string', optional: true, default: null } } as const
  const first: Schema = { type: 'struct', name: 'test.Bus', fields: [id] }
  const second: Schema = { ...first, fields: [id, line] }
  const converter = create()
  const old = await converter.fromConnectData(topic, first, { id: 'a' })
  await converter.fromConnectData(topic, second, { id: 'b', line: '17' })
  const { value, schema } = await create({ 'read.schema.version': '2' }).toConnectData(topic, old)
  expect(value).toEqual({ id: 'a', line: null })
  expect(schema?.fields).toHaveLength(2)
})

test('data from outside is held to the newest schema and written with its id', async () => {
  const topic = unique('ingress')
  const converter = create()
  await expect(converter.schemaFor?.(topic)).rejects.toThrow(`${topic}-value does not exist`)
  await register(`${topic}-value`, bus())
  const id = await register(`${topic}-value`, bus({ name: 'line', type: 'string', default: '' }))
  const fresh = create()
  const schema = (await fresh.schemaFor?.(topic)) as Schema
  const value = fromJson(schema, { id: 'a', seen: '9007199254740993' })
  const bytes = await fresh.fromConnectData(topic, schema, value)
  expect(bytes?.readInt32BE(1)).toBe(id)
  expect((await fresh.toConnectData(topic, bytes)).value).toEqual({ id: 'a', seen: 9007199254740993n, line: '' })
})

test('an id that does not exist and a registry that is away are told apart', async () => {
  const bytes = Buffer.from('007ffffffe00', 'hex')
  await expect(create().toConnectData('t', bytes)).rejects.toThrow(DataError)
  await expect(create().toConnectData('t', bytes)).rejects.toThrow(`The schema id 2147483646 does not exist in ${url}`)
  const away = create({ 'schema.registry.url': 'http://127.0.0.1:9' })
  await expect(away.toConnectData('t', bytes)).rejects.toThrow(RetriableError)
})

test('the first URL may be dead', async () => {
  const subject = unique('failover')
  const id = await register(subject, bus())
  expect(await openRegistry(`http://127.0.0.1:9,${url}`).latest(subject)).toMatchObject({ id, version: 1 })
})

test('files are checked and registered; an incompatible one is refused with a reason', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'schemas-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const subject = unique('files')
  const file = join(dir, `${subject}.avsc`)
  await writeFile(file, JSON.stringify(bus()))
  const options = { registryUrl: url, dir }
  expect(await checkSchemas(options)).toMatchObject([{ subject, status: 'new' }])
  const [{ id } = { id: 0 }] = await registerSchemas(options)
  expect(await openRegistry().latest(subject)).toMatchObject({ id })
  expect(await checkSchemas(options)).toMatchObject([{ status: 'unchanged', id }])

  const configured = await fetch(`${url}/config/${subject}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"compatibility":"BACKWARD"}',
  })
  expect(configured.status).toBe(200)
  await writeFile(file, JSON.stringify(bus({ name: 'line', type: 'string' })))
  const [report] = await checkSchemas(options)
  expect(report).toMatchObject({ status: 'incompatible' })
  expect(report?.reasons.join()).toContain('line')
  await expect(registerSchemas(options)).rejects.toThrow('Nothing was registered')
  await writeFile(file, JSON.stringify(bus({ name: 'line', type: 'string', default: '' })))
  expect(await registerSchemas(options)).toMatchObject([{ status: 'compatible' }])
})
