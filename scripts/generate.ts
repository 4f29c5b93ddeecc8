/** `npm run generate` writes the references in docs/ from the code; with `--check` it fails when they are stale. */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { allPages } from './reference/all-pages.ts'
import { stalePages, writePages } from './reference/write-pages.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pages = await allPages(root)

if (process.argv.includes('--check')) {
  const stale = await stalePages(root, pages)
  for (const path of stale) console.error(`stale: ${path}`)
  if (stale.length > 0) console.error('Run npm run generate and commit what it writes.')
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  for (const path of await writePages(root, pages)) console.log(`written: ${path}`)
}
