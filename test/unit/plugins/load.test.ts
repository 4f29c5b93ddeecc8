import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ConfigError } from '#api'
import { createPlugins, isModuleName, loadPlugins } from '../../../src/plugins/index.ts'

const sink = `{ kind: 'sink', name: 'AcmeSink', version: '1', doc: 'x', config: { keys: {}, parse: () => ({}), validate: () => [] }, startTask() {} }`

const named = (name: string) => sink.replace('AcmeSink', name)

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'plugins-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true })
    await writeFile(join(dir, name), text)
  }
  return dir
}

test('loads files, modules for import, modules for require, and folders', async () => {
  const dir = await folder({
    'one.mjs': `export default ${named('One')}`,
    'node_modules/@acme/two/package.json': `{"type":"module","exports":{".":{"import":"./two.js"}}}`,
    'node_modules/@acme/two/two.js': `export default [${named('Two')}, ${named('Three')}]`,
    'node_modules/four/package.json': `{"main":"four.js"}`,
    'node_modules/four/four.js': `module.exports = { __esModule: true, default: ${named('Four')} }`,
    'five/package.json': `{"type":"module","main":"main.js"}`,
    'five/main.js': `export default ${named('Five')}`,
  })
  const { lists, warnings } = await loadPlugins(['./one.mjs', '@acme/two', 'four', join(dir, 'five'), './one.mjs'], dir)
  expect(warnings).toEqual([])
  const plugins = createPlugins(lists)
  expect(plugins.list(true).map((item) => item.class)).toEqual(['Five', 'Four', 'One', 'Three', 'Two'])
  expect(plugins.find('connector', 'four').plugin.name).toBe('Four')
})

test("jars and folders of Kafka's documentation are passed over with a warning, there or not", async () => {
  const dir = await folder({ 'libs/connect-file-4.3.1.jar': 'PK' })
  const entries = ['libs/connect-file-4.3.1.jar', 'connect-file.jar', 'share/java', './plugins']
  const { lists, warnings } = await loadPlugins(entries, dir)
  expect(lists).toEqual([])
  for (const [at, entry] of entries.entries()) expect(warnings[at]).toContain(entry)
})

test('a folder of Java plugins is passed over with a warning', async () => {
  const dir = await folder({ 'java/lib/x.jar': '' })
  const { lists, warnings } = await loadPlugins([join(dir, 'java'), '/no/such/folder'], dir)
  expect(lists).toEqual([])
  expect(warnings).toHaveLength(2)
  expect(warnings[0]).toContain(join(dir, 'java'))
})

test.each([
  ['throws.mjs', 'throw new Error("on purpose")', 'could not be loaded: on purpose'],
  ['syntax.mjs', 'export default {', 'could not be loaded'],
  ['none.mjs', 'export const x = 1', 'it has no default export'],
  ['text.mjs', 'export default "x"', 'its default export is not a plugin'],
  ['kind.mjs', `export default [${sink}, {kind:'sinc'}]`, 'item 1 of its default export has no kind of source, sink'],
  [
    'package.mjs',
    `export default {...${sink}, package: { name: 'mqtt' }}`,
    '(AcmeSink) has a package without a name and a version',
  ],
  ['factory.mjs', `export default {...${sink}, startTask: undefined}`, '(AcmeSink) has no function startTask'],
  ['config.mjs', `export default {...${sink}, config: {}}`, 'no configuration made by defineConfig'],
])('a broken module is named: %s', async (file, text, message) => {
  const dir = await folder({ [file]: text })
  const failure = await loadPlugins([`./${file}`], dir).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ConfigError)
  expect(String(failure)).toContain(`"./${file}"`)
  expect(String(failure)).toContain(message)
})

test('what is not there is named', async () => {
  const dir = await folder({})
  await expect(loadPlugins(['@acme/none'], dir)).rejects.toThrow('"@acme/none" is not installed')
  await expect(loadPlugins(['./none.mjs'], dir)).rejects.toThrow('"./none.mjs" could not be loaded')
})

test('class names and paths are no module names', () => {
  expect(['@acme/foo', 'tidegate-s3'].filter(isModuleName)).toEqual(['@acme/foo', 'tidegate-s3'])
  expect(['FileStreamSource', 'org.acme.Foo', '/etc/x.js', './x.js', 'file:///x.js', ''].filter(isModuleName)).toEqual(
    [],
  )
})
