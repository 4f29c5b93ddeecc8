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

test('topic: an offset under a key that Java wrote in other characters is found, and written over', async () => {
  const kafka = createMemoryTopics()
  const producer = await kafka.producer({ clientId: 'java' })
  const key = Buffer.from('["c",{"z":1.0E21,"a":2.0}]')
  await producer.send([{ topic: 'offsets', key, value: Buffer.from('{"at":1}'), headers: [] }])
  const options = { kafka, topic: 'offsets', clientId: 'c', log: quietLog, clock: systemClock, committedOnly: false }
  const store = await openTopicOffsetStore(options)
  const partition = { z: 1e21, a: 2 }
  expect(await store.get('c', partition)).toEqual({ at: 1 })
  await store.put('c', [{ partition, offset: { at: 2 } }])
  expect(kafka.records('offsets').map((record) => String(record.key))).toEqual([String(key), String(key)])
  expect(await store.list('c')).toEqual([{ partition, offset: { at: 2 } }])
})

test('topic: what is no offset is passed over', async () => {
  const kafka = createMemoryTopics()
  const producer = await kafka.producer({ clientId: 'other' })
  const rows = [
    [null, '{}'],
    ['{', '{}'],
    ['["c"]', '{}'],
    ['["c",null]', '{}'],
    ['["c",{"p":1}]', '{'],
    ['["c",{"p":2}]', '5'],
    ['["c",{"p":3}]', '{"n":3}'],
  ] as const
  await producer.send(
    rows.map(([key, value]) => ({
      topic: 'offsets',
      key: key === null ? null : Buffer.from(key),
      value: Buffer.from(value),
      headers: [],
    })),
  )
  const options = { kafka, topic: 'offsets', clientId: 'c', log: quietLog, clock: systemClock, committedOnly: false }
  const store = await openTopicOffsetStore(options)
  expect(await store.list('c')).toEqual([{ partition: { p: 3 }, offset: { n: 3 } }])
  expect(await store.get('c', { p: 1 })).toBeUndefined()
})
