import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadWorkerConfig, readConnectorFile } from '../../../src/config/index.ts'
import { connectors } from '../../../src/connectors/index.ts'
import { converters, headerConverters } from '../../../src/converters/index.ts'
import { createPlugins } from '../../../src/plugins/index.ts'
import { validateDeclaration } from '../../../src/runtime/index.ts'
import { predicates, transformations } from '../../../src/transforms/index.ts'

const readme = await readFile('README.md', 'utf8')
const plugins = createPlugins([connectors, converters, headerConverters, transformations, predicates])
const block = (language: string) => new RegExp(`\`\`\`${language}\n([^\`]*)\`\`\``).exec(readme)?.[1] ?? ''

function complaints(config: Readonly<Record<string, string>>) {
  const { plugin } = plugins.find('connector', config['connector.class'] ?? '')
  const { keys, warnings } = validateDeclaration(plugin, config, plugins)
  return [...keys.flatMap(({ errors }) => errors), ...warnings]
}

test('the connector of the README is valid, with nothing to warn about', () => {
  const config = JSON.parse(block('json')) as Record<string, string>
  expect(complaints(config)).toEqual([])
})

test('the worker configuration of the README is valid, with nothing to warn about', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-readme-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const file = join(dir, 'worker.properties')
  await writeFile(file, block('properties'))
  const { warnings, settings } = await loadWorkerConfig({ file, env: {}, flags: {} })
  expect(warnings).toEqual([])
  expect(Object.keys(settings.gateway.namespaces)).toEqual(['bus', 'buses'])
})

test('the declarations in connectors/ are valid, with nothing to warn about', async () => {
  const files = (await readdir('connectors')).map((name) => join('connectors', name))
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) expect(complaints((await readConnectorFile(file)).config), file).toEqual([])
})

test('every link between the documents leads to a file', async () => {
  const documents = ['README.md', 'CONTRIBUTING.md', ...(await readdir('docs')).map((name) => join('docs', name))]
  for (const document of documents.filter((name) => name.endsWith('.md'))) {
    const text = await readFile(document, 'utf8')
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
      expect(existsSync(join(dirname(document), target)), `${document} → ${target}`).toBe(true)
    }
  }
})
