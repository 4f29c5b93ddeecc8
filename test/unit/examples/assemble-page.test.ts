import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { assemblePage } from '../../../examples/buses/assemble-page.ts'
import type { CityFile } from '../../../examples/buses/town.ts'

test('puts page, client, configuration and city into one folder, and clears what was there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'page-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const clientDir = join(folder, 'built')
  const out = join(folder, 'out')
  for (const path of [clientDir, out]) await mkdir(path)
  for (const name of ['index.js', 'index.d.ts', 'index.js.map']) await writeFile(join(clientDir, name), '')
  await writeFile(join(out, 'old.js'), '')
  await assemblePage(out, { feedUrl: 'ws://127.0.0.1:1/feed', clientDir })

  expect(await readdir(out)).toEqual(expect.arrayContaining(['index.html', 'main.js', 'style.css', 'client']))
  expect(await readdir(out)).not.toContain('old.js')
  expect(await readdir(join(out, 'client'))).toEqual(['index.js'])
  expect(JSON.parse(await readFile(join(out, 'config.json'), 'utf8'))).toEqual({ feedUrl: 'ws://127.0.0.1:1/feed' })
  const city = JSON.parse(await readFile(join(out, 'city.json'), 'utf8')) as CityFile
  expect(city.routes.flatMap(({ vehicles }) => vehicles)).toHaveLength(160)
})
