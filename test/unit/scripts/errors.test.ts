import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { allErrorClasses } from '../../../scripts/reference/error-classes.ts'
import * as gatewayCodes from '../../../src/gateway/codes.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const documented = await readFile(join(root, 'docs/errors.md'), 'utf8')

async function sourcesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
  const files = entries.filter(({ name }) => name.endsWith('.ts'))
  return Promise.all(files.map(async ({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')))
}

const declared = (await sourcesOf('src'))
  .flatMap((source) => [...source.matchAll(/class (\w+) extends (\w*Error)\b/g)])
  .map(([, name = '', parent = '']) => ({ name, parent }))

/** Of the client package, which is not the worker's; its codes are those of the gateway. */
const foreign = new Set(['ClientError'])

test('every error class of the worker is documented, with its code', () => {
  const names = declared.map(({ name }) => name).filter((name) => !foreign.has(name))
  expect(names.length).toBeGreaterThan(8)
  for (const name of names) expect(documented).toContain(`| \`${name}\` | \``)
})

test('no two error classes share a code, and each has its own', async () => {
  const classes = await allErrorClasses(root)
  const codes = classes.map(({ code }) => code)
  expect(new Set(codes).size).toBe(codes.length)
  const names = declared.map(({ name }) => name).filter((name) => !foreign.has(name))
  expect(classes.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
  for (const { status } of classes) expect([400, 403, 404, 409, 500, 503, 504]).toContain(status)
})

test('every code of the gateway is documented', () => {
  const { errorCodes, closeCodes, resumeReasons, unsubscribedCodes, noticeCodes } = gatewayCodes
  for (const codes of [errorCodes, resumeReasons, unsubscribedCodes, noticeCodes])
    for (const name of Object.keys(codes)) expect(documented).toContain(`| \`${name}\` |`)
  for (const [name, { code }] of Object.entries(closeCodes)) expect(documented).toContain(`| ${code} | \`${name}\` |`)
})

test('close codes are unique and in the ranges that tell a client whether to come back', () => {
  const codes = Object.values(gatewayCodes.closeCodes).map(({ code }) => code)
  expect(new Set(codes).size).toBe(codes.length)
  for (const code of codes) expect(code >= 4000 && code <= 4999).toBe(true)
})
