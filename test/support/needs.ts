import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The path of a program that a test needs; undefined, with one line that says so, when it is not there. In CI that is a failure. */
export function needs(program: string, installWith: string): string | undefined {
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((dir) => join(dir, program))
    .find(isExecutable)
  if (found) return found
  const line = `not run: ${program} (install with ${installWith})`
  if (process.env['CI'] === 'true') throw new Error(line)
  process.stderr.write(`${line}\n`)
  return undefined
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
