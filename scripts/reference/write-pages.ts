import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { generatedMark, type Page } from './markdown.ts'

/** Writes the pages under `root` and removes generated ones that are no longer among them. Returns what changed. */
export async function writePages(root: string, pages: readonly Page[]): Promise<readonly string[]> {
  const changed = await stalePages(root, pages)
  for (const path of changed) {
    const page = pages.find((candidate) => candidate.path === path)
    const file = join(root, path)
    if (page) {
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, page.text)
    } else await rm(file)
  }
  return changed
}

/** The paths of pages that are missing, differ, or are generated and no longer wanted. */
export async function stalePages(root: string, pages: readonly Page[]): Promise<readonly string[]> {
  const stale: string[] = []
  for (const { path, text } of pages) if ((await read(join(root, path))) !== text) stale.push(path)
  for (const path of await generatedIn(root, 'docs')) {
    if (!pages.some((page) => page.path === path)) stale.push(path)
  }
  return stale.toSorted()
}

async function generatedIn(root: string, folder: string): Promise<readonly string[]> {
  const found = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(ignoreMissing)
  const paths: string[] = []
  for (const entry of found ?? []) {
    const file = join(entry.parentPath, entry.name)
    if (!entry.name.endsWith('.md') || !(await read(file))?.startsWith(generatedMark)) continue
    paths.push(file.slice(join(root, '/').length).replaceAll('\\', '/'))
  }
  return paths
}

const read = async (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(ignoreMissing)

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
