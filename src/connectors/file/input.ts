import { type FileHandle, open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { ConnectError, messageOf } from '#api'

/** Bytes in their order, from a place that may grow. */
export interface Input {
  /** The next bytes; empty when there are none at this moment. */
  read(): Promise<Buffer>
  close(): Promise<void>
}

const chunkBytes = 64 * 1024

/** A file from a byte on; undefined when it does not exist. */
export async function openFile(file: string, position: number): Promise<Input | undefined> {
  const handle = await openIfThere(file)
  if (!handle) return undefined
  let at = position
  return {
    async read() {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, at)
      at += bytesRead
      return buffer.subarray(0, bytesRead)
    },
    close: () => handle.close(),
  }
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new ConnectError(`The file ${file} cannot be read: ${messageOf(error)}`, { cause: error, context: { file } })
  }
}

/** A stream such as standard input: read when asked, so that nothing piles up here. */
export function readStream(stream: Readable): Input {
  return {
    async read() {
      const chunk: unknown = stream.read()
      return Buffer.isBuffer(chunk) ? chunk : Buffer.from(typeof chunk === 'string' ? chunk : '')
    },
    async close() {
      stream.pause()
    },
  }
}
