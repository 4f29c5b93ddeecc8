import { readFile } from 'node:fs/promises'
import { type Clock, ConfigError, ConnectError, messageOf, type Revocation } from '#api'
import { replaceFile } from './replace-file.ts'
import { readRevocation } from './revocation-records.ts'
import { createRevocationTable } from './revocation-table.ts'
import type { StoredRevocations } from './topic-revocations.ts'

/** Revocations of a lone worker in one JSON file. */
export async function openFileRevocations(
  file: string,
  { clock, max }: { readonly clock: Clock; readonly max: number },
): Promise<StoredRevocations> {
  const table = createRevocationTable(max, clock)
  for (const made of await read(file)) table.apply({ made })
  let writing = Promise.resolve()
  const store = async (): Promise<void> => {
    table.dropEnded()
    const entries = table.all().map(({ id, ...rest }) => [id, rest])
    const write = writing.then(() => replaceFile(file, `${JSON.stringify(Object.fromEntries(entries))}\n`))
    writing = write.catch(() => undefined)
    await write
  }
  const storeOr = async (undo: () => void): Promise<void> => {
    try {
      await store()
    } catch (error) {
      undo()
      throw new ConnectError(`It is not stored in ${file}: ${messageOf(error)}`, { cause: error })
    }
  }
  return {
    all: table.all,
    onChange: table.onChange,
    async add(made) {
      table.dropEnded()
      table.checkRoom(made.id)
      const former = table.all().find(({ id }) => id === made.id)
      table.apply({ made })
      await storeOr(() => table.apply(former ? { made: former } : { ended: made.id }))
    },
    async remove(id) {
      const held = table.all().find((revocation) => revocation.id === id)
      if (!held) return false
      table.apply({ ended: id })
      await storeOr(() => table.apply({ made: held }))
      return true
    },
    close: () => writing,
  }
}

async function read(file: string): Promise<readonly Revocation[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw error
  })
  try {
    return Object.entries(JSON.parse(text) as object).map(([id, value]) => {
      const revocation = readRevocation(id, value)
      if (revocation) return revocation
      throw new SyntaxError(`the entry ${id} is none`)
    })
  } catch (error) {
    // Who was shut out would be let in again.
    throw new ConfigError(
      `The revocations in ${file} cannot be read: ${messageOf(error)}. Restore the file, or delete it if nothing need stay revoked.`,
      { cause: error },
    )
  }
}
