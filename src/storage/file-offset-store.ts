import { readFile } from 'node:fs/promises'
import { ConfigError } from '#api'
import { parseExactly, stringifyExactly } from '../util/exact-json.ts'
import { createMemoryOffsetStore } from './memory-offset-store.ts'
import type { OffsetMap, OffsetStore } from './offset-store.ts'
import { replaceFile } from './replace-file.ts'

/**
 * Offsets in one JSON file, as Kafka Connect's standalone worker keeps them (its own file is a serialised Java map, which is not read here).
 * Each write goes to a new file that then takes the old one's place, so a crash leaves one or the other, whole.
 */
export async function openFileOffsetStore(file: string): Promise<OffsetStore> {
  const entries = new Map<string, OffsetMap>(Object.entries(await read(file)))
  const memory = createMemoryOffsetStore(entries)
  let writing = Promise.resolve()
  return {
    ...memory,
    async put(connector, offsets) {
      await memory.put(connector, offsets)
      const text = `${stringifyExactly(Object.fromEntries(entries))}\n`
      const write = writing.then(() => replaceFile(file, text))
      writing = write.catch(() => undefined)
      await write
    },
    close: () => writing,
  }
}

async function read(file: string): Promise<Record<string, OffsetMap>> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw error
  })
  try {
    return parseExactly(text) as Record<string, OffsetMap>
  } catch (error) {
    throw new ConfigError(
      `The offsets in ${file} cannot be read: ${String(error)}. Restore the file, or delete it to begin anew.`,
      { cause: error },
    )
  }
}
