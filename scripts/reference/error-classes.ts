import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConnectError } from '../../src/api/index.ts'
import type { DocumentedError } from './errors-page.ts'

/** Every error class below `src` with a code of its own, those of the plugin authors' contract first. */
export async function allErrorClasses(root: string): Promise<readonly DocumentedError[]> {
  const names = await readdir(join(root, 'src'), { recursive: true })
  const found = await Promise.all(
    names
      .filter((name) => name.endsWith('.ts'))
      .map(async (name) => {
        const path = join(root, 'src', name)
        const source = await readFile(path, 'utf8')
        if (!/^\s*static (?:override )?readonly code\b/m.test(source)) return { name, classes: [] }
        return { name, classes: errorClasses((await import(path)) as object, source) }
      }),
  )
  const contract = join('api', 'errors.ts')
  const order = (name: string): string => (name === contract ? '' : name)
  return found.toSorted((a, b) => (order(a.name) < order(b.name) ? -1 : 1)).flatMap(({ classes }) => classes)
}

/** The error classes among a module's exports, described by the comments over them in its source. */
export function errorClasses(exports: object, source: string): readonly DocumentedError[] {
  return Object.values(exports)
    .filter(isErrorClass)
    .map(({ name, code, status, retriable }) => ({ name, code, status, retriable, doc: commentOf(name, source) }))
}

/** By its statics, so that an error class which forgets to extend is seen too. */
const isErrorClass = (value: unknown): value is typeof ConnectError =>
  typeof value === 'function' && value.prototype instanceof Error && 'code' in value && 'retriable' in value

function commentOf(name: string, source: string): string {
  const [before] = source.split(new RegExp(`^export class ${name}\\b`, 'm'))
  const comment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(before ?? '')?.[1]
  if (comment === undefined) throw new Error(`${name} has no comment that could stand in docs/errors.md`)
  return comment.replace(/\s*\n\s*\*?\s*/g, ' ').trim()
}
