import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  createMemoryOffsetStore,
  createMemoryTopics,
  openFileOffsetStore,
  openTopicOffsetStore,
} from '../../../src/storage/index.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { testOffsetStore } from '../../conformance/offset-store.ts'
import { quietLog } from '../../support/quiet.ts'

async function file(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-offsets-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  return join(dir, 'nested', 'connect.offsets')
}

testOffsetStore('memory', async () => ({ open: async () => createMemoryOffsetStore() }), { lasting: false })
testOffsetStore('file', async () => {
  const path = await file()
  return { open: () => openFileOffsetStore(path) }
})
testOffsetStore('topic', async () => {
  const kafka = createMemoryTopics()
  const options = { kafka, topic: 'offsets', clientId: 'c', log: quietLog, clock: systemClock, committedOnly: true }
  return { open: () => openTopicOffsetStore(options) }
})

test('file: one that cannot be read is refused by name and left as it is', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'tidegate-offsets-')), 'connect.offsets')
  await writeFile(path, '{"half')
  await expect(openFileOffsetStore(path)).rejects.toThrow(path)
  expect(await readFile(path, 'utf8')).toBe('{"half')
})
