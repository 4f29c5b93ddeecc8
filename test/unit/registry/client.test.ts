import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { ConfigError, DataError, defineConfig, NotFoundError, RetriableError } from '#api'
import { avroFormat, compileAvro, createRegistry, registryKeys } from '../../../src/registry/index.ts'
import { startFakeRegistry } from '../../support/fake-registry.ts'
import { manualClock } from '../../support/quiet.ts'

const record = (type: string) => ({ type: 'record', name: 'test.R', fields: [{ name: 'a', type }] })
const avro = (json: unknown) => compileAvro(JSON.stringify(json))

function open(props: Record<string, string>) {
  const clock = manualClock()
  const registry = createRegistry({
    config: defineConfig(registryKeys).parse({ 'max.retries': '0', ...props }),
    clock,
    format: avroFormat,
  })
  onTestFinished(() => registry.close())
  return { registry, clock }
}

async function setUp(props: Record<string, string> = {}) {
  const fake = await startFakeRegistry()
  return { fake, ...open({ 'schema.registry.url': fake.url, ...props }) }
}

test('asks for a schema once, and answers at once after that', async () => {
  const { fake, registry } = await setUp()
  const id = fake.add('s', record('int'))
  const [first, second] = await Promise.all([registry.byId(id), registry.byId(id)])
  expect(first).toBe(second)
  expect(registry.byId(id)).toBe(first)
  expect(first.schema.type.name).toBe('test.R')
  expect(fake.requests).toEqual(['GET /schemas/ids/1'])
})

test('says that an id does not exist, and does not ask again at once', async () => {
  const { fake, registry, clock } = await setUp()
  await expect(registry.byId(7)).rejects.toThrow(`The schema id 7 does not exist in ${fake.url} (Schema not found).`)
  expect(() => registry.byId(7)).toThrow(DataError)
  expect(fake.requests).toHaveLength(1)
  await clock.advance(5000)
  await expect(registry.byId(7)).rejects.toThrow(DataError)
  expect(fake.requests).toHaveLength(2)
})

test('gives the newest schema of a subject, a version, and the subjects', async () => {
  const { fake, registry } = await setUp()
  fake.add('s', record('int'))
  const id = fake.add('s', record('long'))
  expect(await registry.latest('s')).toMatchObject({ id, version: 2, subject: 's' })
  expect(await registry.version('s', 1)).toMatchObject({ id: 1, version: 1 })
  expect(await registry.subjects()).toEqual(['s'])
})

test('asks for the newest again after latest.cache.ttl.sec, and without it never', async () => {
  const { fake, registry, clock } = await setUp({ 'latest.cache.ttl.sec': '60' })
  const { registry: patient } = open({ 'schema.registry.url': fake.url })
  fake.add('s', record('int'))
  await registry.latest('s')
  await patient.latest('s')
  const id = fake.add('s', record('long'))
  expect(registry.latest('s')).toMatchObject({ version: 1 })
  await clock.advance(60_000)
  expect(await registry.latest('s')).toMatchObject({ id })
  expect(patient.latest('s')).toMatchObject({ version: 1 })
})

test('keeps the newest that it knew while the registry is away', async () => {
  const { fake, registry, clock } = await setUp({ 'latest.cache.ttl.sec': '60' })
  fake.add('s', record('int'))
  await registry.latest('s')
  fake.fail(503)
  await clock.advance(60_000)
  expect(await registry.latest('s')).toMatchObject({ version: 1 })
})

test('says which subject does not exist, and what to run', async () => {
  const { registry } = await setUp()
  await expect(registry.latest('absent-value')).rejects.toThrow(NotFoundError)
  expect(() => registry.latest('absent-value')).toThrow(/absent-value .* `tidegate schemas register`/)
})

test('registers a schema once, and knows it then as the newest', async () => {
  const { fake, registry } = await setUp()
  await expect(registry.latest('s')).rejects.toThrow(NotFoundError)
  await expect(registry.lookup('s', avro(record('int')))).rejects.toThrow(NotFoundError)
  const id = await registry.register('s', avro(record('int')))
  expect(registry.register('s', avro(record('int')))).toBe(id)
  expect(await registry.latest('s')).toMatchObject({ id })
  expect(await registry.lookup('s', avro(record('int')))).toBe(id)
  expect(fake.requests.filter((request) => request.startsWith('POST /subjects/s/versions'))).toHaveLength(1)
})

test('tells why a schema is not compatible', async () => {
  const { fake, registry } = await setUp()
  fake.add('s', record('int'))
  const bad = avro({ ...record('int'), doc: 'incompatible' })
  expect(await registry.compatibility('s', avro(record('long')))).toEqual({ compatible: true, messages: [] })
  expect(await registry.compatibility('s', bad)).toEqual({ compatible: false, messages: ['because it says so'] })
  await expect(registry.register('s', bad)).rejects.toThrow(/subject s is not compatible .*because it says so/)
})

const reference = (name: string, subject: string) => ({ name, subject, version: 1 })

test('resolves the schemas that a schema refers to, theirs included', async () => {
  const { fake, registry } = await setUp()
  fake.add('inner', { type: 'enum', name: 'test.E', symbols: ['A'] })
  fake.add(
    'middle',
    { type: 'record', name: 'test.M', fields: [{ name: 'e', type: 'test.E' }] },
    { references: [reference('test.E', 'inner')] },
  )
  const id = fake.add(
    'outer',
    { type: 'record', name: 'test.O', fields: ['m', 'n'].map((name) => ({ name, type: 'test.M' })) },
    { references: [reference('test.M', 'middle'), reference('test.E', 'inner')] },
  )
  const { type } = (await registry.byId(id)).schema
  const value = { m: { e: 'A' }, n: { e: 'A' } }
  expect(type.fromBuffer(type.toBuffer(value))).toEqual(value)
})

test('refuses a schema that is not Avro', async () => {
  const { fake, registry } = await setUp()
  const id = fake.add('s', '{"type":"object"}', { schemaType: 'JSON' })
  await expect(registry.byId(id)).rejects.toThrow('is JSON, not Avro')
})

test.each([500, 503, 429])('takes the status %i for a registry that is away', async (status) => {
  const { fake, registry } = await setUp()
  fake.fail(status)
  await expect(registry.byId(1)).rejects.toThrow(RetriableError)
})

test('names the URL and the question when nothing listens', async () => {
  const { fake, registry } = await setUp()
  await fake.stop()
  await expect(registry.byId(12)).rejects.toThrow(RetriableError)
  await expect(registry.byId(12)).rejects.toThrow(`${fake.url} did not answer when asked for the schema with id 12`)
})

test('gives up on a registry that does not answer in time', async () => {
  const { fake, registry } = await setUp({ 'http.read.timeout.ms': '50' })
  const held = new AbortController()
  fake.holdUntil(once(held.signal, 'abort'))
  await expect(registry.byId(1)).rejects.toThrow('Timeout')
  held.abort()
})

test('goes on to the next URL, and stays there', async () => {
  const gone = await startFakeRegistry()
  await gone.stop()
  const fake = await startFakeRegistry()
  const { registry } = open({ 'schema.registry.url': `${gone.url},${fake.url}` })
  fake.add('s', record('int'))
  expect((await registry.byId(1)).id).toBe(1)
  expect(await registry.subjects()).toEqual(['s'])
})

test('refused credentials and a URL that is no registry are the configuration’s fault', async () => {
  const { fake, registry } = await setUp()
  fake.fail(401)
  await expect(registry.byId(1)).rejects.toThrow(ConfigError)
})

test.each([
  ['the URL', (url: string) => ({ 'schema.registry.url': url.replace('//', '//user:p%40ss@') }), 'user:p@ss'],
  [
    'basic.auth.user.info',
    (url: string) => ({
      'schema.registry.url': url,
      'basic.auth.credentials.source': 'USER_INFO',
      'basic.auth.user.info': 'user:a:b',
    }),
    'user:a:b',
  ],
])('sends the credentials of %s and never prints them', async (_from, props, credentials) => {
  const fake = await startFakeRegistry()
  const { registry } = open(props(fake.url))
  await registry.subjects()
  expect(fake.authorization()).toBe(`Basic ${Buffer.from(credentials).toString('base64')}`)
  expect(registry.url).toBe(fake.url)
  await expect(registry.byId(1)).rejects.toThrow(`in ${fake.url} (`)
})

test('sends a bearer token', async () => {
  const { fake, registry } = await setUp({ 'bearer.auth.token': 'secret' })
  await registry.subjects()
  expect(fake.authorization()).toBe('Bearer secret')
})

test('asks for normalization where that is configured', async () => {
  const { fake, registry } = await setUp({ 'normalize.schemas': 'true' })
  await registry.register('s', avro(record('int')))
  expect(fake.requests).toEqual(['POST /subjects/s/versions?normalize=true'])
})

test.each(['', 'registry:8081', 'ftp://x', 'http://user:secret@'])('%s is no URL of a registry', (url) => {
  const [value] = defineConfig(registryKeys).validate({ 'schema.registry.url': url })
  expect(value?.errors).toHaveLength(1)
})
