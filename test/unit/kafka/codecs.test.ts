import { compress } from 'snappy'
import { expect, test } from 'vitest'
import { codecs, unpack } from '../../../src/kafka/codecs.ts'
import { DamagedBatchError, isFinal } from '../../../src/kafka/refusals.ts'

const names = ['gzip', 'snappy', 'lz4', 'zstd'] as const
const samples = [
  Buffer.alloc(0),
  Buffer.from('a'),
  Buffer.alloc(300_000, 'again '),
  Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))),
]

test.each(names)('%s unpacks what it packed', async (name) => {
  for (const sample of samples) {
    const unpacked = await unpack(name, await codecs[name].compress(sample))
    expect(unpacked.equals(sample)).toBe(true)
  }
})

test.each(names)('a damaged %s batch is named as such, and is not tried again', async (name) => {
  const packed = await codecs[name].compress(Buffer.from('some records '.repeat(1000)))
  for (const damaged of [packed.subarray(0, packed.length / 2), Buffer.from('not packed at all'), Buffer.alloc(0)]) {
    const error = await unpack(name, damaged).then(
      () => expect.unreachable(),
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(DamagedBatchError)
    expect(isFinal(error)).toBe(true)
    expect(error).toHaveProperty(
      'message',
      expect.stringMatching(`compressed with ${name} \\(\\d+ bytes\\) cannot be unpacked`),
    )
  }
})

test('snappy without Java’s frame is read, as librdkafka writes it', async () => {
  expect(await unpack('snappy', await compress(Buffer.from('bare')))).toEqual(Buffer.from('bare'))
})

test('a batch that claims to unpack to more than the limit is refused before any memory is taken', async () => {
  const zstd = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0])
  await expect(unpack('zstd', zstd)).rejects.toThrow(/unpacks to more than/)
  await expect(unpack('snappy', Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0]))).rejects.toThrow(/unpacks to more than/)
})

test('lz4 is refused beyond the limit too, by what its header states and by its blocks', async () => {
  const stated = Buffer.alloc(19)
  stated.writeUInt32LE(0x184d2204)
  stated.set([0x68, 0x40], 4)
  stated.writeBigUInt64LE(1n << 40n, 6)
  await expect(unpack('lz4', stated)).rejects.toThrow(/unpacks to more than/)
  // 65 blocks of 4 MB, each from 17 KB.
  const block = Buffer.concat([Buffer.from([0x00, 0x44, 0, 0]), Buffer.alloc(17_408)])
  const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73])
  const blocks = Buffer.concat([header, ...Array.from({ length: 65 }, () => block), Buffer.alloc(4)])
  await expect(unpack('lz4', blocks)).rejects.toThrow(/unpacks to more than/)
})
