import { open } from 'node:fs/promises'
import { maxFileBytes } from './provider.ts'

/** The text of a file of at most `maxFileBytes`. */
export async function readBounded(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    if (size > maxFileBytes) throw new RangeError(`it has ${size} bytes, and ${maxFileBytes} are the most`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}
