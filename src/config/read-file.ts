import { readFile } from 'node:fs/promises'
import { ConfigError, messageOf } from '#api'
import { parseJson } from '../util/parse-json.ts'
import { parseProperties } from './properties.ts'

/** What a configuration file holds: names to values, which in JSON may be anything. */
export type FileContent = Readonly<Record<string, unknown>>

/**
 * Reads a JSON object or Java properties: told by the ending `.json` or `.properties`, else by a `{` in front.
 * Throws `ConfigError` that names the file, and for broken JSON the line and column with the line itself.
 */
export async function readConfigFile(file: string): Promise<FileContent> {
  const text = await readText(file)
  const isJson = file.endsWith('.json') || (!file.endsWith('.properties') && /^\s*\{/.test(text))
  if (isJson) return parseJsonFile(text, file)
  try {
    return parseProperties(text)
  } catch (error) {
    throw new ConfigError(`${file}: ${messageOf(error)}`, { cause: error, context: { file } })
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`The file ${file} could not be read: ${messageOf(error)}`, {
      cause: error,
      context: { file },
    })
  }
}

/** Parses a JSON object; numbers stay as they were written. The error of broken JSON shows the place. */
function parseJsonFile(text: string, file: string): FileContent {
  let parsed: unknown
  try {
    parsed = parseJson(text, (literal) => literal)
  } catch (error) {
    throw faultError(text.replace(/^\uFEFF/, ''), file, error)
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as FileContent
  throw new ConfigError(`${file}: the file must hold a JSON object.`, { context: { file } })
}

function faultError(text: string, file: string, cause: unknown): ConfigError {
  const [, problem, line, column] = /^(.*) at line (\d+), column (\d+)$/s.exec(messageOf(cause)) ?? []
  if (problem === undefined) return new ConfigError(`${file}: ${messageOf(cause)}`, { cause, context: { file } })
  const at = { line: Number(line), column: Number(column) }
  return new ConfigError(`${file}:${line}:${column}: ${problem}.\n${excerpt(text, at.line, at.column)}`, {
    cause,
    context: { file, ...at },
  })
}

/** The line with a mark under the column; long lines are cut around it. */
function excerpt(text: string, line: number, column: number): string {
  const whole = (text.split('\n')[line - 1] ?? '').replace(/\r$/, '')
  const from = Math.max(0, column - 80)
  const shown = whole.slice(from, from + 120).replaceAll('\t', ' ')
  const label = `${line} | `
  return `${label}${shown}\n${' '.repeat(label.length + column - 1 - from)}^`
}
