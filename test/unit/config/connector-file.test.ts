import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ConfigError } from '#api'
import { connectorFiles, readConnectorFile } from '../../../src/config/index.ts'
import { fileOf, folderOf } from './files.ts'

const read = async (content: unknown, name = 'c.json') =>
  readConnectorFile(await fileOf(name, typeof content === 'string' ? content : JSON.stringify(content)))

test.each([
  ['flat JSON', 'c.json', '{"name":"a","tasks.max":2,"x":true,"y":1.50,"z":12345678901234567890,"n":null}'],
  [
    'the shape of POST /connectors',
    'c.json',
    '{"name":"a","config":{"tasks.max":2,"x":true,"y":1.50,"z":12345678901234567890}}',
  ],
  [
    'a name inside the config',
    'c.json',
    '{"config":{"name":"a","tasks.max":"2","x":"true","y":"1.50","z":"12345678901234567890"}}',
  ],
  ['Java properties', 'c.properties', 'name=a\ntasks.max=2\nx=true\ny=1.50\nz=12345678901234567890'],
  ['JSON without an ending', 'c', ' {"name":"a","tasks.max":2,"x":true,"y":1.50,"z":12345678901234567890}'],
])('reads %s', async (_, name, text) => {
  const { file: _file, ...rest } = await read(text, name)
  expect(rest).toEqual({
    name: 'a',
    config: { name: 'a', 'tasks.max': '2', x: 'true', y: '1.50', z: '12345678901234567890' },
    initialState: 'STARTED',
  })
})

const state = async (initial_state: unknown) => (await read({ name: 'a', config: {}, initial_state })).initialState

test('knows the initial states of Kafka Connect', async () => {
  expect(await state('stopped')).toBe('STOPPED')
  expect(await state('PAUSED')).toBe('PAUSED')
  expect(await state('RUNNING')).toBe('STARTED')
  await expect(state('FAILED')).rejects.toThrow('must be RUNNING, PAUSED or STOPPED, not "FAILED"')
})

test.each([
  [{ name: 'a', deep: { x: 1 } }, '"deep" must be a text, a number or true or false, not an object'],
  [{ name: 'a', config: { list: [1] } }, '"list" must be a text, a number or true or false, not a list'],
  [
    { name: 'a', config: {}, inital_state: 'PAUSED' },
    '"inital_state" is unknown beside "config" (did you mean "initial_state"?)',
  ],
  [{ name: 'a', config: { name: 'b' } }, 'the name "a" differs from the name "b"'],
  [{ topics: 'x' }, 'has no "name"'],
  [{ config: {} }, 'has no "name"'],
  [{ name: ' ' }, 'must not be empty'],
  [[], 'must hold a JSON object'],
])('refuses %j', async (content, message) => {
  await expect(read(content)).rejects.toThrow(ConfigError)
  await expect(read(content)).rejects.toThrow(message)
})

test('broken JSON is told with file, line and column, and the line', async () => {
  const broken = read('{\n\t"name": "a",\n\t"topics": "x"\n\t"tasks.max": 1\n}')
  await expect(broken).rejects.toThrow(/c\.json:4:2: /)
  await expect(broken).rejects.toThrow('4 |  "tasks.max": 1\n     ^')
})

test('a folder gives the JSON files directly in it, sorted', async () => {
  const dir = await folderOf({ 'b.json': '{}', 'a.json': '{}', '.hidden.json': '{}', 'README.md': '' })
  await mkdir(join(dir, 'more.json'))
  expect(await connectorFiles(dir)).toEqual([join(dir, 'a.json'), join(dir, 'b.json')])
  await expect(connectorFiles(join(dir, 'none'))).rejects.toThrow(ConfigError)
})
