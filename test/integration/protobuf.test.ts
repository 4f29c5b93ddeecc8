import { randomUUID } from 'node:crypto'
import { expect, inject, onTestFinished, test } from 'vitest'
import { type Converter, fromJson, type Schema } from '#api'
import { protobufConverter } from '../../src/converters/protobuf-converter.ts'
import { testConverter } from '../conformance/converter.ts'
import { protobufSamples } from '../support/protobuf-samples.ts'
import { quietLog } from '../support/quiet.ts'
import { register } from '../support/registry.ts'

const url = inject('registry')
const unique = (name: string) => `protobuf-test.${name}.${randomUUID()}`

function create(props: Record<string, string> = {}, isKey = false): Converter {
  const config = protobufConverter.config.parse({ 'schema.registry.url': url, 'max.retries': '0', ...props })
  const converter = protobufConverter.create({ config, isKey, log: quietLog })
  onTestFinished(() => converter.close?.())
  return converter
}

testConverter({
  plugin: protobufConverter,
  topic: unique('conformance'),
  create: (side) => create({}, side === 'key'),
  samples: protobufSamples,
})

test('a schema with references is read and written, and old data is read as the new', async () => {
  const topic = unique('references')
  const address = unique('address')
  await register(address, 'syntax = "proto3"; package a; message Address { string town = 1; }', url, 'PROTOBUF')
  const references = [{ name: 'a/address.proto', subject: address, version: 1 }]
  const text = (more: string) =>
    `syntax = "proto3"; package b; import "a/address.proto"; message Bus { int64 id = 1; a.Address home = 2; ${more} }`
  await register(`${topic}-value`, text(''), url, 'PROTOBUF', references)
  const pinned = create({ 'schema.version': '1' })
  const value = { id: 9007199254740993n, home: { town: 'x' } }
  const bytes = await pinned.fromConnectData(topic, undefined, value)
  expect((await create().toConnectData(topic, bytes)).value).toEqual(value)
  const id = await register(`${topic}-value`, text('optional string line = 3;'), url, 'PROTOBUF', references)
  const read = await create({ 'read.schema.version': '2' }).toConnectData(topic, bytes)
  expect(read.value).toEqual({ ...value, line: null })
  const schema = (await create().schemaFor?.(topic)) as Schema
  const data = fromJson(schema, { id: '1', home: null, line: 'b' })
  expect((await create({ 'use.latest.version': 'true' }).fromConnectData(topic, schema, data))?.readInt32BE(1)).toBe(id)
})
