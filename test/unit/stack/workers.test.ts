import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parseProperties } from '../../../src/config/index.ts'
import { startWorkers, stopWorkers, workersStatus } from '../../../src/stack/workers.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { temporaryDir } from './temporary-dir.ts'

/** Answers `/health` where its arguments say; SIGTERM ends it in order, which it writes down. */
const program = `
const [file, , listeners] = process.argv.slice(-4)
const server = require('node:http').createServer((request, response) => response.end('{}'))
server.listen(Number(listeners.split(':').at(-1)), '127.0.0.1')
process.on('SIGTERM', () => {
  require('node:fs').writeFileSync(file + '.ended', 'SIGTERM')
  process.exit()
})
`

async function setUp(overrides: { readonly code?: string; readonly properties?: string } = {}) {
  const dir = await temporaryDir()
  const script = join(dir, 'fake-worker.cjs')
  await writeFile(script, overrides.code ?? program)
  const lines: string[] = []
  const options = {
    dir,
    bootstrapServers: '127.0.0.1:9',
    registryUrl: 'http://127.0.0.1:9',
    command: (args: readonly string[]) => [process.execPath, script, ...args] as const,
    clock: systemClock,
    progress: (line: string) => void lines.push(line),
    properties: overrides.properties,
  }
  onTestFinished(async () => void (await stopWorkers(dir, { ...options, wipe: false })))
  return {
    dir,
    options,
    lines,
    propertiesOf: async (name: string) => parseProperties(await readFile(join(dir, `${name}.properties`), 'utf8')),
  }
}

const isRunning = (pid: number | undefined): boolean => {
  try {
    return process.kill(pid ?? 0, 0)
  } catch {
    return false
  }
}

test('starts workers of one cluster on ports of their own, keeps those that run, and ends them all by SIGTERM', async () => {
  const { dir, options, lines, propertiesOf } = await setUp({
    properties: 'gateway.namespaces.a.subscribe=anonymous\ngroup.id=x',
  })
  const [first] = await startWorkers({ ...options, count: 1 })
  const workers = await startWorkers({ ...options, count: 3 })
  expect(workers[0]).toEqual(first)
  expect(lines).toContainEqual(expect.stringMatching(/^Using worker-1 that runs on port /))
  expect(workers).toMatchObject(['worker-1', 'worker-2', 'worker-3'].map((name) => ({ name, state: 'running' })))
  expect(new Set(workers.flatMap(({ address, gateway }) => [address, gateway])).size).toBe(6)
  expect(await workersStatus(dir)).toEqual(workers)

  const [one, two] = [await propertiesOf('worker-1'), await propertiesOf('worker-2')]
  expect(one).toMatchObject({
    'group.id': 'tidegate-stack',
    'config.storage.topic': 'tidegate-stack-config',
    'gateway.namespaces.a.subscribe': 'anonymous',
    'value.converter': 'AvroConverter',
  })
  expect(two).toEqual({
    ...one,
    listeners: workers[1]?.address,
    'gateway.port': workers[1]?.gateway?.split(':').at(-1),
  })
  // It holds a key.
  expect((await stat(join(dir, 'worker-1.properties'))).mode & 0o077).toBe(0)

  expect(await stopWorkers(dir, { ...options, wipe: false })).toBe(true)
  for (const { name, pid } of workers) {
    expect(isRunning(pid)).toBe(false)
    expect(await readFile(join(dir, `${name}.properties.ended`), 'utf8')).toBe('SIGTERM')
  }
  expect(await workersStatus(dir)).toEqual([])
  expect(await stopWorkers(dir, { ...options, wipe: false })).toBe(false)
})

test('the key of positions outlives the workers, unless all is wiped', async () => {
  const { dir, options, propertiesOf } = await setUp()
  const keyOf = async (wipe: boolean) => {
    await startWorkers({ ...options, count: 1 })
    const { 'gateway.position.keys': key } = await propertiesOf('worker-1')
    await stopWorkers(dir, { ...options, wipe })
    return key
  }
  const first = await keyOf(false)
  expect(await keyOf(true)).toBe(first)
  expect(await keyOf(false)).not.toBe(first)
})

test('a worker that cannot start is told with the end of its log, and the others are stopped again', async () => {
  const code = `
    if (process.argv.join().includes('worker-2')) { console.error('no topic'); process.exit(1) }
    ${program}`
  const { dir, options } = await setUp({ code })
  await expect(startWorkers({ ...options, count: 2 })).rejects.toThrow(/worker-2 ended .*\n.*no topic/)
  expect(await workersStatus(dir)).toEqual([])
})
