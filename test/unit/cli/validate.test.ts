import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { validateCommand } from '../../../src/cli/validate.ts'
import { folderOf } from '../config/files.ts'

const sink = { name: 'n', 'connector.class': 'FileStreamSink', topics: 't', file: '/tmp/x' }
const worker = [
  'bootstrap.servers=localhost:9092',
  'key.converter=JsonConverter',
  'value.converter=JsonConverter',
  'offset.storage.file.filename=/tmp/offsets',
].join('\n')

interface Report {
  readonly file: string
  readonly kind: string
  readonly errors: readonly { readonly property: string; readonly value: string; readonly message: string }[]
  readonly warnings: readonly string[]
}

async function run(files: Record<string, string | object>, ...flags: string[]) {
  const texts = Object.entries(files).map(([name, content]) => [
    name,
    typeof content === 'string' ? content : JSON.stringify(content),
  ])
  const dir = await folderOf(Object.fromEntries(texts) as Record<string, string>)
  const lines: string[] = []
  const log = vi
    .spyOn(console, 'log')
    .mockImplementation((line: string) => void lines.push(line.replaceAll(dir, 'DIR')))
  const { exitCode } = process
  process.exitCode = undefined
  onTestFinished(() => {
    log.mockRestore()
    process.exitCode = exitCode
  })
  const paths = Object.keys(files).map((name) => join(dir, name))
  await validateCommand().parseAsync([...flags, ...paths], { from: 'user' })
  const code = process.exitCode
  return { lines, exitCode: code }
}

const reports = async (files: Record<string, string | object>): Promise<readonly Report[]> =>
  JSON.parse((await run(files, '--json')).lines.join('\n')) as readonly Report[]

test('sound files of all shapes are fine', async () => {
  const { lines, exitCode } = await run({
    'flat.json': sink,
    'post.json': { name: 'p', config: { ...sink, name: 'p' } },
    'java.properties': Object.entries({ ...sink, name: 'j' })
      .map(([key, value]) => `${key}=${value}`)
      .join('\n'),
    'worker.properties': worker,
  })
  expect(lines).toEqual([
    'DIR/flat.json: fine',
    'DIR/post.json: fine',
    'DIR/java.properties: fine',
    'DIR/worker.properties: fine',
  ])
  expect(exitCode).toBeUndefined()
})

test('every mistake is named with its property, its value and the nearest right spelling; the exit code says so', async () => {
  const { lines, exitCode } = await run({
    'bad.json': { ...sink, 'tasks.max': '0', 'errors.tolerance': 'some', 'tasks.maxx': '1' },
  })
  expect(lines).toEqual([
    [
      'DIR/bad.json: 2 errors, 1 warning',
      '  error    Invalid value 0 for configuration tasks.max: Value must be at least 1',
      '  error    Invalid value some for configuration errors.tolerance: String must be one of: none, all',
      '  warning  Unknown property "tasks.maxx"; did you mean "tasks.max"?',
    ].join('\n'),
  ])
  expect(exitCode).toBe(1)
})

test('warnings alone do not fail', async () => {
  expect((await run({ 'w.json': { ...sink, fil: 'x' } })).exitCode).toBeUndefined()
})

test('an unknown connector, a broken file and a name used twice do not hide other mistakes', async () => {
  const [unknown, broken, twice] = await reports({
    'unknown.json': { ...sink, 'connector.class': 'FileStreamSnk', 'tasks.max': '0' },
    'broken.json': '{"name": }',
    'twice.json': sink,
  })
  expect(unknown?.errors).toMatchObject([
    { property: 'connector.class', value: 'FileStreamSnk', message: expect.stringContaining('Did you mean') },
    { property: 'tasks.max', value: '0' },
  ])
  expect(broken?.errors).toHaveLength(1)
  expect(twice?.errors).toMatchObject([{ property: 'name', value: 'n' }])
})

test('declarations are checked against the worker’s file: its policy, and its config providers', async () => {
  const declared = {
    ...sink,
    'consumer.override.client.id': 'x',
    'errors.retry.timeout': '${file:/no/such:x}',
    'tasks.max': '${env:NO_SUCH_VARIABLE}',
  }
  const alone = (await reports({ 'd.json': declared }))[0]
  expect(alone?.errors).toEqual([])
  expect(alone?.warnings.join()).toContain('"tasks.max" was not checked')
  const more = [
    'connector.client.config.override.policy=None',
    'config.providers=file',
    'config.providers.file.class=FileConfigProvider',
  ]
  const [, against] = await reports({ 'worker.properties': `${worker}\n${more.join('\n')}`, 'd.json': declared })
  expect(against?.errors.map(({ message }) => message)).toEqual([
    expect.stringContaining('Could not read properties from file /no/such'),
    expect.stringContaining("'None' policy does not allow 'client.id'"),
  ])
})

test.each([
  ['a gate of its own', ['gateway.enabled=true']],
  ['gates elsewhere only', ['gateway.enabled=false', 'gateway.link.gates=unix:/tmp/gate.sock']],
])('declarations are checked against the namespaces of a worker with %s', async (_, gates) => {
  const more = ['gateway.namespaces.bus.subscribe=anonymous', 'gateway.namespaces.bus.window.max.bytes=1000', ...gates]
  const declared = { name: 'b', 'connector.class': 'WebSocketServerSink', topics: 't', 'window.max.bytes': '1000' }
  const [, outside, wide, fine] = await reports({
    'worker.properties': `${worker}\n${more.join('\n')}`,
    'outside.json': { ...declared, channel: 'tram:#{value.id}' },
    'wide.json': { ...declared, name: 'w', channel: 'bus:#{value.id}', 'window.max.bytes': '1001' },
    'fine.json': { ...declared, name: 'f', channel: 'bus:#{value.id}' },
  })
  expect(outside?.errors).toEqual([
    {
      property: 'channel',
      value: 'tram:#{value.id}',
      message: 'the channel tram:#{value.id} lies in no namespace of the gateway; name one of bus first',
    },
  ])
  expect(wide?.errors).toMatchObject([{ property: 'window.max.bytes', value: '1001' }])
  expect(fine?.errors).toEqual([])
})

test('a worker’s file is checked too, with its converters', async () => {
  const [bad, misled] = await reports({
    'w.properties': 'bootstrap.servers=nowhere\nkey.convertr=JsonConverter',
    'c.properties': `${worker}\nvalue.converter.schemas.enable=maybe`,
  })
  expect(bad).toMatchObject({ kind: 'worker', warnings: [expect.stringContaining('"key.converter"')] })
  expect(bad?.errors.map(({ property }) => property)).toEqual([
    'bootstrap.servers',
    'key.converter',
    'value.converter',
    'offset.storage.file.filename',
  ])
  expect(misled?.errors).toMatchObject([{ property: 'value.converter.schemas.enable', value: 'maybe' }])
})

test.each([
  ['listeners=https://:8443', 'https needs a certificate'],
  ['listeners=https://:8443\nssl.keystore.location=/no/such.p12\nssl.keystore.password=x', '/no/such.p12'],
  ['rest.extension.classes=BasicAuthSecurityRestExtension\nrest.basic.auth.file=/no/users', '/no/users cannot be read'],
  ['security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=nonsense', 'sasl.jaas.config'],
  ['security.protocol=SASL_PLAINTEXT\nsasl.mechanism=NTLM', 'NTLM'],
  ['security.protocol=SSL\nssl.truststore.location=/no/such.jks', '/no/such.jks'],
  ['listeners=http://[1::2::3]:8083', '1::2::3 is no IPv6 address'],
])('a worker’s file with %j, which could not start, is not fine', async (more, message) => {
  const [report] = await reports({ 'w.properties': `${worker}\n${more}` })
  expect(report?.kind).toBe('worker')
  expect(report?.errors.map((each) => each.message).join()).toContain(message)
})

test('a secret is not printed', async () => {
  const config = {
    ...sink,
    'value.converter': 'AvroConverter',
    'value.converter.schema.registry.url': 'http://r',
    'value.converter.basic.auth.user.info': 'me:hunter2',
    'tasks.max': '0',
  }
  expect((await run({ 's.json': config })).lines.join()).not.toContain('hunter2')
})
