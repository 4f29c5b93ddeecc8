import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createMemoryOffsetStore, type OffsetStore, openFileOffsetStore } from '../../../src/storage/index.ts'

async function file(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-offsets-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  return join(dir, 'nested', 'connect.offsets')
}

const kinds: Record<string, () => Promise<OffsetStore>> = {
  memory: async () => createMemoryOffsetStore(),
  file: async () => openFileOffsetStore(await file()),
}

for (const [kind, open] of Object.entries(kinds)) {
  test(`${kind}: keeps the last offset of each partition of each connector`, async () => {
    const store = await open()
    await store.put('a', [
      { partition: { uri: 'x' }, offset: { cursor: '1' } },
      { partition: { uri: 'y' }, offset: { cursor: '2' } },
    ])
    await store.put('a', [{ partition: { uri: 'x' }, offset: { cursor: '3' } }])
    await store.put('b', [{ partition: { uri: 'x' }, offset: { cursor: '4' } }])
    expect(await store.get('a', { uri: 'x' })).toEqual({ cursor: '3' })
    expect(await store.get('c', { uri: 'x' })).toBeUndefined()
    expect(await store.list('a')).toHaveLength(2)
    await store.put('a', [{ partition: { uri: 'x' }, offset: null }])
    expect(await store.get('a', { uri: 'x' })).toBeUndefined()
    await store.close()
  })
}

test('file: what was put is there after the process', async () => {
  const path = await file()
  const first = await openFileOffsetStore(path)
  await Promise.all([
    first.put('a', [{ partition: { p: 1 }, offset: { n: 1 } }]),
    first.put('a', [{ partition: { p: 2 }, offset: { n: 2 } }]),
  ])
  const second = await openFileOffsetStore(path)
  expect(await second.list('a')).toHaveLength(2)
})

test('file: one that cannot be read is refused by name and left as it is', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'tidegate-offsets-')), 'connect.offsets')
  await writeFile(path, '{"half')
  await expect(openFileOffsetStore(path)).rejects.toThrow(path)
  expect(await readFile(path, 'utf8')).toBe('{"half')
})
