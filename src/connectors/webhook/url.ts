import { ConfigError, DataError, type SinkRecord } from '#api'
import { recordExpression } from '../common/record-template.ts'
import { asText, compileTemplate, type Insert, splitTemplate } from '../common/template.ts'

const mark = 'x'

/**
 * Compiles the URL of an endpoint; `#{…}` may stand in its path and its query, never in what names the host. Inserted values are
 * percent-encoded. Throws `ConfigError` for a bad URL; the function throws `DataError`.
 */
export function compileUrl(text: string): (record: SinkRecord) => string {
  const parts = splitTemplate(text)
  const [{ constant = '' } = {}] = parts
  const url = parse(parts.map((part) => part.constant + (part.expression === undefined ? '' : mark)).join(''))
  if (parts.some(({ expression }) => expression !== undefined) && !/^https?:\/\/[^/?#]+[/?]/.test(constant)) {
    throw new ConfigError('may have #{…} in its path and its query only')
  }
  if (url.hash !== '') throw new ConfigError('must not have a fragment (#…)')
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError('must not hold a user or a password: send them by headers=Authorization: Basic …')
  }
  return compileTemplate(text, recordExpression, asPart)
}

function parse(text: string): URL {
  const url = tryParse(text)
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new ConfigError('must be a URL starting with http:// or https://')
  }
  return url
}

function tryParse(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    // Its caller says what a URL must be.
    return undefined
  }
}

const asPart: Insert = (value, expression) => {
  const text = asText(value, expression)
  // A segment of dots would name another path.
  if (/^\.{0,2}$/.test(text)) {
    throw new DataError(`"#{${expression}}" is "${text}", which no part of a path can be.`, {
      context: { field: expression },
    })
  }
  try {
    return encodeURIComponent(text)
  } catch (error) {
    throw new DataError(`"#{${expression}}" is not well-formed Unicode.`, {
      cause: error,
      context: { field: expression },
    })
  }
}
