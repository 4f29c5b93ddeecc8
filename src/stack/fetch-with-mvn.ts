import { spawn } from 'node:child_process'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { sha256Of } from './download.ts'
import type { Artifact } from './lock.ts'
import { toPom } from './maven-pom.ts'
import { StackError } from './stack-error.ts'

export interface MavenFetch {
  readonly artifacts: readonly Artifact[]
  /** The folder that the files are put into. */
  readonly dir: string
  readonly signal?: AbortSignal | undefined
  /** Called with the number of files that had to be downloaded so far. */
  readonly onFiles: (files: number) => void
}

/** Lets Maven, with the user's mirrors, proxies and repository cache, bring the files; each is checked before it counts. */
export async function fetchWithMvn({ artifacts, dir, signal, onFiles }: MavenFetch): Promise<void> {
  const work = join(dir, `mvn-${process.pid}`)
  const out = join(work, 'out')
  await mkdir(out, { recursive: true })
  try {
    await writeFile(join(work, 'pom.xml'), toPom(artifacts, out))
    await runMvn(work, signal, onFiles)
    for (const { file, sha256 } of artifacts) {
      const found = await sha256Of(join(out, file))
      if (found !== sha256)
        throw new StackError(`mvn brought a ${file} with the SHA-256 ${found}, pinned is ${sha256}.`)
    }
    for (const { file } of artifacts) await rename(join(out, file), join(dir, file))
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function runMvn(cwd: string, signal: AbortSignal | undefined, onFiles: (files: number) => void) {
  const args = ['-B', '-f', join(cwd, 'pom.xml'), 'dependency:copy']
  const mvn = spawn('mvn', args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
    ...(signal ? { signal } : {}),
  })
  const tail: string[] = []
  let files = 0
  const read = (line: string): void => {
    if (/^(\[INFO\] )?Downloaded .*\.(jar|tar\.gz)\b/.test(line)) onFiles(++files)
    if (/ERROR|not found/.test(line) && tail.length < 5) tail.push(line)
  }
  for (const stream of [mvn.stdout, mvn.stderr]) createInterface({ input: stream }).on('line', read)
  const code = await new Promise<number | null>((resolve, reject) => {
    mvn.once('error', reject)
    mvn.once('close', resolve)
  })
  if (code !== 0) throw new StackError(`mvn ended with code ${code}: ${tail.join(' ') || 'it gave no reason'}`)
}
