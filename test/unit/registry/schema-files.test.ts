import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ConfigError, RetriableError } from '#api'
import { checkSchemas, registerSchemas } from '../../../src/registry/index.ts'
import { startFakeRegistry } from '../../support/fake-registry.ts'

const record = (more: object = {}) => ({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }], ...more })

async function setUp(files: Record<string, unknown>) {
  const dir = await mkdtemp(join(tmpdir(), 'schemas-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  const fake = await startFakeRegistry()
  return { dir, fake, options: { registryUrl: fake.url, dir } }
}

test('tells of each file what it is to its subject', async () => {
  const files = {
    'new-value.avsc': record(),
    'same-value.avsc': record({ doc: 'same' }),
    'changed-value.avsc': record({ doc: 'changed' }),
    'worse-value.avsc': record({ doc: 'incompatible' }),
    'README.md': 'no schema',
  }
  const { fake, options } = await setUp(files)
  const id = fake.add('same-value', record({ doc: 'same' }))
  fake.add('changed-value', record())
  fake.add('worse-value', record())
  expect(await checkSchemas(options)).toMatchObject([
    { subject: 'changed-value', status: 'compatible', reasons: [] },
    { subject: 'new-value', status: 'new' },
    { subject: 'same-value', status: 'unchanged', id },
    { subject: 'worse-value', status: 'incompatible', reasons: ['because it says so'] },
  ])
  expect(fake.requests.filter((request) => request.endsWith('/versions'))).toEqual([])
})

test('tells what is wrong in a file, and where', async () => {
  const { dir, options } = await setUp({
    'comma.avsc': '{"type": "record",\n "name": "R",}',
    'type.avsc': record({ fields: [{ name: 'a', type: 'integer' }] }),
  })
  expect(await checkSchemas(options)).toEqual([
    {
      file: join(dir, 'comma.avsc'),
      subject: 'comma',
      status: 'invalid',
      reasons: [expect.stringContaining('line 2, column 14')],
    },
    expect.objectContaining({ status: 'invalid', reasons: [expect.stringContaining('undefined type name: integer')] }),
  ])
})

test('registers what is new and changed', async () => {
  const { fake, options } = await setUp({ 'new.avsc': record(), 'same.avsc': record({ doc: 'same' }) })
  fake.add('same', record({ doc: 'same' }))
  expect(await registerSchemas(options)).toMatchObject([
    { subject: 'new', status: 'new', id: 2 },
    { subject: 'same', status: 'unchanged', id: 1 },
  ])
  expect(await registerSchemas(options)).toMatchObject([{ status: 'unchanged' }, { status: 'unchanged' }])
  expect(fake.requests.filter((request) => request.endsWith('/versions'))).toEqual(['POST /subjects/new/versions'])
})

test('registers nothing when one file is bad', async () => {
  const { fake, options } = await setUp({ 'new.avsc': record(), 'bad.avsc': '{' })
  await expect(registerSchemas(options)).rejects.toThrow(ConfigError)
  await expect(registerSchemas(options)).rejects.toThrow(/Nothing was registered.*bad\.avsc is invalid/)
  expect(fake.requests.filter((request) => request.endsWith('/versions'))).toEqual([])
})

test('gives a reason of its own when the registry gives none', async () => {
  const { fake, options } = await setUp({ 'r.avsc': record({ fields: [{ name: 'incompatible', type: 'string' }] }) })
  fake.add('r', record())
  fake.silence()
  const [report] = await checkSchemas(options)
  expect(report).toMatchObject({
    status: 'incompatible',
    reasons: [expect.stringContaining('R.incompatible'), expect.stringContaining('R.a')],
  })
})

test('says that the registry is away, or that there is no folder', async () => {
  const { fake, options } = await setUp({ 'new.avsc': record() })
  await fake.stop()
  await expect(checkSchemas(options)).rejects.toThrow(RetriableError)
  await expect(checkSchemas({ ...options, dir: '/nowhere' })).rejects.toThrow('The folder /nowhere cannot be read')
})
