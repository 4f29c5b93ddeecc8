import { execFileSync } from 'node:child_process'
import { open, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { maxFileBytes } from '../../../src/config/providers/provider.ts'
import { readBounded } from '../../../src/config/providers/read-bounded.ts'
import { fileOf, folderOf } from './files.ts'

test('a pipe, a device and a folder are refused at once', async () => {
  const dir = await folderOf({})
  const pipe = join(dir, 'pipe')
  execFileSync('mkfifo', [pipe])
  const reading = readBounded(pipe)
  try {
    const late = new Promise((resolve) => setTimeout(resolve, 2000, 'still waiting').unref())
    expect(await Promise.race([reading.catch(String), late])).toContain('it is no regular file')
  } finally {
    // Whoever still waits for a writer is freed, so that a failure ends the test.
    await (await open(pipe, 'r+')).close()
    await reading.catch(() => undefined)
  }
  for (const path of ['/dev/zero', dir]) await expect(readBounded(path)).rejects.toThrow('it is no regular file')
})

test('a file may have so many bytes and no more, and its size is not believed', async () => {
  const file = await fileOf('a', 'ä')
  expect(await readBounded(file)).toBe('ä')
  expect(await readBounded('/proc/self/cmdline')).not.toBe('')
  await truncate(file, maxFileBytes)
  expect((await readBounded(file)).length).toBe(maxFileBytes - 1)
  await truncate(file, maxFileBytes + 1)
  await expect(readBounded(file)).rejects.toThrow('it has more than 1048576 bytes')
})
