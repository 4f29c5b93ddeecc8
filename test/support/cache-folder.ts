import { createHash } from 'node:crypto'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { withFileLock } from '../../src/stack/file-lock.ts'
import { stackEnvironment } from '../../src/stack/index.ts'
import { systemClock } from '../../src/util/clock.ts'

/** A folder of the cache that `fill` fills once for this content, however many processes ask. */
export async function cached(name: string, content: Buffer, fill: (dir: string) => Promise<unknown>): Promise<string> {
  const { cacheDir } = stackEnvironment(process.env, homedir())
  const home = join(cacheDir, `${name}-${createHash('sha256').update(content).digest('hex').slice(0, 12)}`)
  if (await isThere(home)) return home
  await mkdir(cacheDir, { recursive: true })
  await withFileLock(`${home}.lock`, { clock: systemClock }, async () => {
    if (await isThere(home)) return
    const partial = `${home}.partial`
    await rm(partial, { recursive: true, force: true })
    await mkdir(partial)
    await fill(partial)
    await rename(partial, home)
  })
  return home
}

const isThere = async (dir: string): Promise<boolean> =>
  readdir(dir).then(
    () => true,
    () => false,
  )
