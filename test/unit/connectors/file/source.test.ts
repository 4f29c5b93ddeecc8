import { appendFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileStreamSource } from '../../../../src/connectors/file/source.ts'
import { runSource } from '../../../conformance/run-task.ts'
import { testSource } from '../../../conformance/source.ts'
import { openDescriptors, tempFolder } from '../../../support/temp-folder.ts'

testSource({
  connector: fileStreamSource,
  resumes: true,
  numberOf: Number,
  async remote() {
    const file = join(await tempFolder(), 'lines.txt')
    const feed = async (numbers: readonly number[]): Promise<void> =>
      appendFileSync(file, numbers.map((number) => `${number}\n`).join(''))
    return {
      props: { file, topic: 't' },
      feed,
      async flood() {
        await feed(Array.from({ length: 5000 }, (_, index) => index))
        return 5000
      },
      open: () => openDescriptors(file),
    }
  },
})

async function reading(text: string | Buffer, props: Record<string, string> = {}, position?: number) {
  const file = join(await tempFolder(), 'lines.txt')
  await writeFile(file, text)
  const stored = new Map(position === undefined ? [] : [[JSON.stringify({ filename: file }), { position }]])
  return { file, run: await runSource(fileStreamSource, { props: { file, topic: 't', ...props }, stored }) }
}

test('ends a line at \\n, \\r\\n and \\r, and hands out no unfinished one', async () => {
  const { run, file } = await reading('one\ntwo\r\nthree\rfour')
  const records = await run.records(3)
  expect(records.map(({ value }) => value)).toEqual(['one', 'two', 'three'])
  expect(await run.task.poll()).toEqual([])
  appendFileSync(file, ' and a half\n')
  expect((await run.records(1)).map(({ value }) => value)).toEqual(['four and a half'])
})

test('counts bytes, so that a later task continues behind letters of several bytes', async () => {
  const text = 'Zürich\n東京\nOslo\n'
  const { run, file } = await reading(text)
  const records = await run.records(3)
  expect(records.map(({ sourceOffset }) => sourceOffset)).toEqual([{ position: 8 }, { position: 15 }, { position: 20 }])
  expect(records[0]?.sourcePartition).toEqual({ filename: file })
  const later = await reading(text, {}, 8)
  expect((await later.run.records(2)).map(({ value }) => value)).toEqual(['東京', 'Oslo'])
})

test('hands on no more lines at once than batch.size', async () => {
  const { run } = await reading('1\n2\n3\n4\n5\n', { 'batch.size': '2' })
  const batches = [await run.task.poll(), await run.task.poll(), await run.task.poll()]
  expect(batches.map((batch) => batch.map(({ value }) => value))).toEqual([['1', '2'], ['3', '4'], ['5']])
})

test('waits for a file that does not exist yet, and says so once', async () => {
  const { run, file } = await reading('')
  await run.stop()
  await rm(file)
  const later = await runSource(fileStreamSource, { props: { file, topic: 't' } })
  expect(await later.task.poll()).toEqual([])
  expect(await later.task.poll()).toEqual([])
  expect(later.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  await writeFile(file, 'here\n')
  expect((await later.records(1)).map(({ value }) => value)).toEqual(['here'])
})

test('fails at a line over the limit after the lines before it', async () => {
  const { run } = await reading(`short\n${'x'.repeat(200)}`, { 'line.max.bytes': '100' })
  expect((await run.records(1)).map(({ value }) => value)).toEqual(['short'])
  await expect(run.task.poll()).rejects.toThrow(
    'A line is longer than 100 bytes (it begins at byte 6); raise "line.max.bytes"',
  )
})

test('fails with the folder’s name where a file should be', async () => {
  const folder = await tempFolder()
  const run = await runSource(fileStreamSource, { props: { file: folder, topic: 't' } })
  await expect(run.task.poll()).rejects.toThrow(/EISDIR/)
})

const alter = (file: string | null, partition: object, offset: object | null) =>
  fileStreamSource.alterOffsets?.({ file } as never, [{ partition: { ...partition }, offset: offset && { ...offset } }])

test('lets offsets be altered that are positions in a file, or taken away', () => {
  expect(alter('f', { filename: 'f' }, { position: 0 })).toBe(true)
  expect(alter('f', { anything: 1 }, null)).toBe(true)
})

test.each([
  [null, { filename: 'f' }, { position: 1 }, "without 'file'"],
  ['f', { filename: 'f' }, { place: 1 }, "has to hold 'position'"],
  ['f', { filename: 'f' }, { position: '1' }, 'a whole number of bytes'],
  ['f', { filename: 'f' }, { position: -1 }, 'not negative'],
  ['f', { file: 'f' }, { position: 1 }, "has to hold the key 'filename'"],
])('refuses offsets that it could not continue from (%#)', (file, partition, offset, complaint) => {
  expect(() => alter(file, partition, offset)).toThrow(complaint)
})
