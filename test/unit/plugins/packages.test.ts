import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { defineConfig, defineSink, defineSource } from '#api'
import { tellInstallable } from '../../../src/cli/find-plugins.ts'
import { createPlugins, packageComplaint, requirePackage } from '../../../src/plugins/index.ts'
import { validateDeclaration } from '../../../src/runtime/index.ts'
import { recordingLog } from '../../support/quiet.ts'

const common = { version: '1.0.0', doc: 'A plugin.', config: defineConfig({}) }
const neverStarted = () => {
  throw new Error('A task was started.')
}
const absent = { name: '@nobody/has-this', version: '5.16.0' }
const away = defineSink({ ...common, name: 'AwaySink', package: absent, startTask: neverStarted })
const old = defineSource({
  ...common,
  name: 'OldSource',
  package: { name: 'ws', version: '7.5.0' },
  startTask: neverStarted,
})
const here = defineSink({
  ...common,
  name: 'HereSink',
  package: { name: 'ws', version: '8.0.0' },
  startTask: neverStarted,
})
const plain = defineSink({ ...common, name: 'PlainSink', startTask: neverStarted })
const plugins = createPlugins([[away, old, here, plain]])

test('lists connectors with the package that they need, and what to type where it is not there', () => {
  const version = '1.0.0'
  const installed = expect.stringMatching(/^8\./)
  expect(plugins.list(true)).toEqual([
    {
      class: 'AwaySink',
      type: 'sink',
      version,
      package: { ...absent, installed: null, install: 'npm install @nobody/has-this@5.16.0' },
    },
    { class: 'HereSink', type: 'sink', version, package: { name: 'ws', version: '8.0.0', installed } },
    { class: 'PlainSink', type: 'sink', version },
    {
      class: 'OldSource',
      type: 'source',
      version,
      package: { name: 'ws', version: '7.5.0', installed, install: 'npm install ws@7.5.0' },
    },
  ])
})

test('the log of a start says what is available to install', () => {
  const log = recordingLog()
  tellInstallable(plugins, log)
  tellInstallable(createPlugins([[here, plain]]), log)
  expect(log.lines).toEqual([
    {
      level: 'info',
      message: 'more connectors are available to install',
      fields: { connectors: { AwaySink: 'npm install @nobody/has-this@5.16.0', OldSource: 'npm install ws@7.5.0' } },
    },
  ])
})

test('a declaration that needs a package is refused with the command to type', () => {
  const errorsOf = (connector: typeof away | typeof old) => {
    const props = { name: 'n', 'connector.class': connector.name, topics: 't' }
    return validateDeclaration(connector, props, plugins).keys.flatMap(({ name, errors }) =>
      errors.map((error) => `${name}: ${error}`),
    )
  }
  expect(errorsOf(away)).toEqual([
    'connector.class: AwaySink needs the npm package @nobody/has-this, which is not installed. Where the worker is installed, type: npm install @nobody/has-this@5.16.0 (and start the worker again).',
  ])
  expect(errorsOf(old)).toEqual([
    expect.stringMatching(
      /^connector\.class: OldSource needs the npm package ws in version 7, and 8\.[\d.]+ is installed\. .*: npm install ws@7\.5\.0 /,
    ),
  ])
  expect(errorsOf(here)).toEqual([])
  expect(errorsOf(plain)).toEqual([])
})

test('a task that needs a package does not start without it', () => {
  expect(() => requirePackage(away)).toThrow('npm install @nobody/has-this@5.16.0')
  expect(() => requirePackage(here)).not.toThrow()
})

test('before 1.0 another minor version is another line', () => {
  // What comes with the tests: prom-client 15, @bokuweb/zstd-wasm 0.0.
  const needs = (version: string) => ({ name: 'X', package: { name: '@bokuweb/zstd-wasm', version } })
  expect(packageComplaint(needs('0.0.1'))).toBeUndefined()
  expect(packageComplaint(needs('0.1.0'))).toContain('in version 0.1, and 0.0.')
})

test('a package that is damaged counts as one that must be installed, and stops nothing else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'damaged-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const name = relative(join(import.meta.dirname, '../../../src/plugins'), folder)
  const needs = { name: 'X', package: { name, version: '2.0.0' } }
  for (const text of ['{"version": "2.', 'null', '{}']) {
    writeFileSync(join(folder, 'package.json'), text)
    expect(packageComplaint(needs)).toMatch(/in version 2, and a version that is not told is installed.*npm install/)
  }
})
