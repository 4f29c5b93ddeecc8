import { randomUUID } from 'node:crypto'
import { expect, inject, onTestFinished, test } from 'vitest'
import type { Converter } from '#api'
import { jsonSchemaConverter } from '../../src/converters/json-schema-converter.ts'
import { testConverter } from '../conformance/converter.ts'
import { samples } from '../support/avro-samples.ts'
import { quietLog } from '../support/quiet.ts'
import { register } from '../support/registry.ts'

const url = inject('registry')
const unique = (name: string) => `json-schema-test.${name}.${randomUUID()}`

function create(props: Record<string, string> = {}, isKey = false): Converter {
  const config = jsonSchemaConverter.config.parse({ 'schema.registry.url': url, 'max.retries': '0', ...props })
  const converter = jsonSchemaConverter.create({ config, isKey, log: quietLog })
  onTestFinished(() => converter.close?.())
  return converter
}

testConverter({
  plugin: jsonSchemaConverter,
  topic: unique('conformance'),
  create: (side) => create({}, side === 'key'),
  samples,
})

test('a schema with references is read and written, and old data is read as the new', async () => {
  const topic = unique('references')
  const address = unique('address')
  const draft = { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' }
  await register(address, { ...draft, properties: { town: { type: 'string' } } }, url, 'JSON')
  const references = [{ name: 'address.json', subject: address, version: 1 }]
  const schema = (more: object) => ({
    ...draft,
    // A schema that is open cannot get a property without breaking old readers.
    additionalProperties: false,
    properties: { id: { type: 'integer' }, home: { $ref: 'address.json' }, ...more },
  })
  await register(`${topic}-value`, schema({}), url, 'JSON', references)
  const pinned = create({ 'schema.version': '1' })
  const value = { id: 9007199254740993n, home: { town: 'x' } }
  const bytes = await pinned.fromConnectData(topic, undefined, value)
  expect(bytes?.toString('utf8', 5)).toBe('{"id":9007199254740993,"home":{"town":"x"}}')
  expect((await create().toConnectData(topic, bytes)).value).toEqual(value)
  await register(`${topic}-value`, schema({ line: { type: 'string', default: '?' } }), url, 'JSON', references)
  const read = await create({ 'read.schema.version': '2' }).toConnectData(topic, bytes)
  expect(read.value).toEqual({ ...value, line: '?' })
})
