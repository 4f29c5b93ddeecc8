import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ConnectError, defineConfig } from '#api'
import { configTables } from '../../../scripts/reference/config-table.ts'
import { errorClasses } from '../../../scripts/reference/error-classes.ts'
import { generatedMark, page } from '../../../scripts/reference/markdown.ts'
import { connectorPages, pluginsPage } from '../../../scripts/reference/plugin-pages.ts'
import { stalePages, writePages } from '../../../scripts/reference/write-pages.ts'

const config = defineConfig({
  topic: { type: 'string', importance: 'high', doc: 'Either <a>|`b|c`.' },
  mode: { type: 'string', importance: 'low', default: 'x', values: ['x', 'y'], doc: 'How.', group: 'More' },
  list: { type: 'list', importance: 'low', default: [], doc: 'Two\nlines.', group: 'More' },
  secret: { type: 'password', importance: 'low', default: null, doc: 'A secret.' },
})

test('writes each key in a row, in tables by group', () => {
  expect(configTables(config.keys, 'p.')).toBe(
    [
      '| key | type | default | importance | what it does |',
      '|---|---|---|---|---|',
      '| `p.topic` | string | **required** | high | Either &lt;a>\\|`b\\|c`. |',
      '| `p.secret` | password | – | low | A secret. |',
      '',
      '**More**',
      '',
      '| key | type | default | importance | what it does |',
      '|---|---|---|---|---|',
      '| `p.mode` | string | `x` | low | How. One of `x`, `y`. |',
      '| `p.list` | list | empty | low | Two lines. |',
    ].join('\n'),
  )
})

test('gives each connector a page and names what it answers to', () => {
  const plugin = {
    kind: 'sink',
    name: 'TestSink',
    aliases: ['org.TestSink'],
    version: '1',
    doc: 'Tests.',
    config,
  } as const
  const [made] = connectorPages([plugin])
  expect(made?.path).toBe('docs/connectors/TestSink.md')
  expect(made?.text.split('\n')[0]).toBe(generatedMark)
  expect(made?.text).toContain('It answers to `org.TestSink` too.')
  const sided = { ...plugin, kind: 'transformation', sided: true } as const
  const { text } = pluginsPage('docs/x.md', 'X', [{ intro: 'Intro.', prefix: '', plugins: [sided] }])
  expect(text).toContain('It answers to `TestSink$Key`, `TestSink$Value`, `org.TestSink` too.')
})

test('writes what is stale, leaves the rest, removes what is no longer generated', async () => {
  const root = await mkdtemp(join(tmpdir(), 'docs-'))
  onTestFinished(async () => rm(root, { recursive: true }))
  await mkdir(join(root, 'docs'))
  await writeFile(join(root, 'docs/own.md'), '# Written by hand\n')
  const [a, b] = [page('docs/a.md', '# A'), page('docs/more/b.md', '# B', undefined, 'Text.')]
  expect(await stalePages(root, [a, b])).toEqual(['docs/a.md', 'docs/more/b.md'])
  expect(await writePages(root, [a, b])).toEqual(['docs/a.md', 'docs/more/b.md'])
  expect(await readFile(join(root, b.path), 'utf8')).toBe(`${generatedMark}\n\n# B\n\nText.\n`)
  expect(await stalePages(root, [a, b])).toEqual([])
  await writeFile(join(root, a.path), 'edited')
  expect(await stalePages(root, [a, b])).toEqual(['docs/a.md'])
  expect(await writePages(root, [a])).toEqual(['docs/a.md', 'docs/more/b.md'])
  expect(await stalePages(root, [a])).toEqual([])
})

test('an error class without a comment cannot be documented', () => {
  class LonelyError extends ConnectError {
    static override readonly code: string = 'LONELY'
  }
  const source = '/** Of another. */\nexport class Other {}\n\nexport class LonelyError extends ConnectError {}'
  expect(() => errorClasses({ LonelyError }, source)).toThrow('LonelyError has no comment')
  const described = source.replace('\n\nexport', '\n\n/**\n * Feels\n * alone.\n */\nexport')
  expect(errorClasses({ LonelyError }, described)).toEqual([
    { name: 'LonelyError', code: 'LONELY', status: 500, retriable: false, doc: 'Feels alone.' },
  ])
})
