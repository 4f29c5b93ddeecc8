import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findServer, readPidFile, writePidFile } from '../../../src/stack/pid-file.ts'
import { temporaryDir } from './temporary-dir.ts'

const marker = '-Dtidegate.stack=/checkout/kafka'
const record = { pid: 4711, startTime: '100', port: 9092, owner: 12 }
const running = { pid: 4711, startTime: '100', command: `java ${marker} kafka.Kafka` }

test('a record comes back as it was written', async () => {
  const path = join(await temporaryDir(), 'kafka.json')
  await writePidFile(path, record)
  expect(await readPidFile(path)).toEqual(record)
})

test('finds the server that still runs', async () => {
  const path = join(await temporaryDir(), 'kafka.json')
  await writePidFile(path, record)
  expect(await findServer(path, marker, async () => running)).toEqual(record)
  expect(existsSync(path)).toBe(true)
})

test.each([
  ['is gone', undefined],
  ['has its pid taken over by a later process', { ...running, startTime: '200' }],
  ['is somebody else by its command', { ...running, command: 'java -Dtidegate.stack=/another/kafka kafka.Kafka' }],
])('a pid file is removed when its process %s', async (_what, found) => {
  const path = join(await temporaryDir(), 'kafka.json')
  await writePidFile(path, record)
  expect(await findServer(path, marker, async () => found)).toBeUndefined()
  expect(existsSync(path)).toBe(false)
})

test.each(['', '{"pid":', '{"pid":1,"startTime":"1","port":1}', '{"pid":"4711"}', 'null'])(
  'a pid file with %j in it names nobody',
  async (text) => {
    const path = join(await temporaryDir(), 'kafka.json')
    await writeFile(path, text)
    expect(await findServer(path, marker, async () => running)).toBeUndefined()
  },
)
