import type { ConnectError } from '../../src/api/index.ts'
import type { DocumentedError } from './errors-page.ts'

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
