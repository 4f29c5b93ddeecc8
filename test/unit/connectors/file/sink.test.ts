import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileStreamSink } from '../../../../src/connectors/file/sink.ts'
import { runSink, sinkRecord } from '../../../conformance/run-task.ts'
import { testSink } from '../../../conformance/sink.ts'
import { openDescriptors, tempFolder } from '../../../support/temp-folder.ts'

const linesOf = async (file: string): Promise<string[]> => (await readFile(file, 'utf8')).split('\n').slice(0, -1)

testSink({
  connector: fileStreamSink,
  keepsAll: true,
  takesAnything: true,
  async remote() {
    const file = join(await tempFolder(), 'out.txt')
    return {
      props: { file },
      async received(count) {
        const lines = await linesOf(file)
        expect(lines.length).toBeGreaterThanOrEqual(count)
        return lines.map((line) => JSON.parse(line))
      },
      open: () => openDescriptors(file),
    }
  },
})

test('writes text as it is and everything else as JSON, a line each', async () => {
  const file = join(await tempFolder(), 'out.txt')
  const run = await runSink(fileStreamSink, { props: { file } })
  await run.put([sinkRecord(0, 'plain'), sinkRecord(1, null), sinkRecord(2, { id: 2n ** 60n }), sinkRecord(3, 0.5)])
  expect(await linesOf(file)).toEqual(['plain', 'null', '{"id":"1152921504606846976"}', '0.5'])
})

test('appends to what the file holds', async () => {
  const file = join(await tempFolder(), 'out.txt')
  for (const value of ['first', 'second']) {
    const run = await runSink(fileStreamSink, { props: { file } })
    await run.put([sinkRecord(0, value)])
    await run.stop()
  }
  expect(await linesOf(file)).toEqual(['first', 'second'])
})

test('fails with the file’s name when it cannot be made', async () => {
  const file = join(await tempFolder(), 'missing', 'out.txt')
  await expect(runSink(fileStreamSink, { props: { file } })).rejects.toThrow(file)
})
