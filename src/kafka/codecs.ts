import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type * as Zstandard from '@bokuweb/zstd-wasm'
import { messageOf } from '#api'
import { CompressionCodecs, CompressionTypes } from './kafkajs.ts'
import { checkLz4 } from './lz4-frame.ts'
import { DamagedBatchError } from './refusals.ts'
import { snappyBlocks, toXerial } from './xerial.ts'
import { zstdBound } from './zstd-frame.ts'

type Zstd = typeof Zstandard

export interface Codec {
  compress(data: Buffer): Promise<Buffer>
  decompress(data: Buffer): Promise<Buffer>
}

/** A batch that unpacks to more is taken for damaged, or for an attack: brokers take about 1 MB by default. */
const unpackedLimit = 268_435_456

/** The four of Kafka; each loads its library when it is first used. */
export const codecs: Readonly<Record<(typeof codecNames)[number], Codec>> = {
  gzip: {
    compress: (data) => promisify(gzip)(data),
    decompress: (data) => promisify(gunzip)(data, { maxOutputLength: unpackedLimit }),
  },
  snappy: {
    async compress(data) {
      const { compress } = await import('snappy')
      return toXerial(data, compress)
    },
    async decompress(data) {
      const { uncompress } = await import('snappy')
      const parts = snappyBlocks(data, unpackedLimit).map(async (block) =>
        Buffer.from(await uncompress(block, { asBuffer: true })),
      )
      return Buffer.concat(await Promise.all(parts))
    },
  },
  lz4: {
    async compress(data) {
      const { compressFrame } = await import('lz4-napi')
      return compressFrame(data)
    },
    async decompress(data) {
      checkLz4(data, unpackedLimit)
      const { decompressFrame } = await import('lz4-napi')
      return decompressFrame(data)
    },
  },
  zstd: {
    async compress(data) {
      const zstd = await loadZstd()
      return Buffer.from(zstd.compress(data, 3))
    },
    async decompress(data) {
      const zstd = await loadZstd()
      return Buffer.from(zstd.decompress(data, { defaultHeapSize: zstdBound(data, unpackedLimit) }))
    },
  },
}

const codecNames = ['gzip', 'snappy', 'lz4', 'zstd'] as const

/** The numbers that batches hold, by `compression.type`. */
export const compressionTypes = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
} as const

let zstd: Promise<Zstd> | undefined

function loadZstd(): Promise<Zstd> {
  zstd ??= import('@bokuweb/zstd-wasm').then(async (loaded) => {
    await loaded.init()
    return loaded
  })
  return zstd
}

/** Tells kafkajs of the codecs; its own gzip is replaced so that a damaged batch gives the same error whatever its codec. */
export function installCodecs(): void {
  const places: Record<number, unknown> = CompressionCodecs
  for (const name of codecNames) {
    const adapted = {
      compress: (encoder: { readonly buffer: Buffer }) => codecs[name].compress(encoder.buffer),
      decompress: (data: Buffer) => unpack(name, data),
    }
    places[compressionTypes[name]] = () => adapted
  }
}

/** Unpacks the records of a batch; what cannot be unpacked is a `DamagedBatchError`. */
export async function unpack(name: keyof typeof codecs, data: Buffer): Promise<Buffer> {
  try {
    if (data.length === 0) throw new RangeError('it is empty')
    return await codecs[name].decompress(data)
  } catch (error) {
    const what = `A batch of records compressed with ${name} (${data.length} bytes) cannot be unpacked: ${messageOf(error)}.`
    throw new DamagedBatchError(`${what} The log is damaged there; let the group continue after it.`, { cause: error })
  }
}
