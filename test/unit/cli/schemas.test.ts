import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { schemasCommand } from '../../../src/cli/schemas.ts'
import { startFakeRegistry } from '../../support/fake-registry.ts'

const record = (doc: string) => JSON.stringify({ type: 'record', name: 'R', fields: [], doc })

async function run(command: string, files: Record<string, string>) {
  const dir = await mkdtemp(join(tmpdir(), 'schemas-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text)
  const fake = await startFakeRegistry()
  fake.add('old', record('old'))
  const lines: string[] = []
  const log = vi
    .spyOn(console, 'log')
    .mockImplementation((line: string) => void lines.push(line.replaceAll(dir, 'DIR')))
  const { exitCode } = process
  onTestFinished(() => {
    log.mockRestore()
    process.exitCode = exitCode
  })
  await schemasCommand().parseAsync([command, '--registry', fake.url, dir], { from: 'user' })
  return {
    lines,
    exitCode: process.exitCode,
    registered: fake.requests.filter((request) => request.endsWith('/versions')),
  }
}

test('check prints a line for each schema', async () => {
  expect(await run('check', { 'old.avsc': record('changed'), 'new.avsc': record('new') })).toEqual({
    lines: ['new           new', 'compatible    old'],
    exitCode: undefined,
    registered: [],
  })
})

test('register registers and prints the ids', async () => {
  const { lines, registered } = await run('register', { 'old.avsc': record('old'), 'new.avsc': record('new') })
  expect(lines).toEqual(['new           new', 'unchanged     old', 'registered    new as id 2'])
  expect(registered).toEqual(['POST /subjects/new/versions'])
})

test.each(['check', 'register'])('%s ends with 1 and registers nothing when a schema is bad', async (command) => {
  const files = { 'bad.avsc': '{"type": "record"\n', 'new.avsc': record('new'), 'old.avsc': record('incompatible') }
  const { lines, exitCode, registered } = await run(command, files)
  expect(lines).toEqual([
    expect.stringMatching(/^INVALID {7}DIR\/bad\.avsc\n {14}The text is not an Avro schema: .* line 2/),
    'new           new',
    'INCOMPATIBLE  DIR/old.avsc\n              because it says so',
  ])
  expect(exitCode).toBe(1)
  expect(registered).toEqual([])
})

test('a folder without schemas is said to be one', async () => {
  expect((await run('check', {})).lines).toEqual([expect.stringContaining('no .avsc file')])
})
