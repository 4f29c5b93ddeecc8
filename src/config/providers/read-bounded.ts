import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { ConfigError } from '#api'
import { maxFileBytes } from './provider.ts'

/** The text of a regular file of at most `maxFileBytes`. Throws `ConfigError` for what is no such file. */
export async function readBounded(path: string): Promise<string> {
  // Opening a pipe would wait for its writer, and hold one of the few threads that read files.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    if (!(await file.stat()).isFile()) throw new ConfigError('it is no regular file', { context: { path } })
    // The size that a file tells need not be true: those of /proc tell 0.
    const bytes = Buffer.allocUnsafe(maxFileBytes + 1)
    let length = 0
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length)
      if (bytesRead === 0) return bytes.toString('utf8', 0, length)
      length += bytesRead
    }
    throw new ConfigError(`it has more than ${maxFileBytes} bytes, which are the most`, { context: { path } })
  } finally {
    await file.close()
  }
}
