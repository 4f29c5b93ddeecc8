import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ConfigError } from '#api'

/**
 * The keys that seal clients' positions: those configured, else one of this worker's own, kept beside its offsets in a file that only
 * its owner may read, so that positions outlive a restart.
 */
export async function positionKeys(configured: readonly string[], offsetsFile: string): Promise<readonly string[]> {
  if (configured.length > 0) return configured
  const file = join(dirname(offsetsFile), 'position.key')
  await mkdir(dirname(file), { recursive: true })
  const fresh = randomBytes(32).toString('base64')
  try {
    await writeFile(file, `${fresh}\n`, { mode: 0o600, flag: 'wx' })
    return [fresh]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const key = (await readFile(file, 'utf8')).trim()
  if (Buffer.from(key, 'base64').length === 32) return [key]
  throw new ConfigError(`${file} does not hold a key of 32 bytes in base64. Delete it to have a new one made.`)
}
