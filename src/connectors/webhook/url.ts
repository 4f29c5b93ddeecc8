import { ConfigError, DataError, isUrl, type SinkRecord } from '#api'
import { recordExpression } from '../common/record-template.ts'
import { asText, compileTemplate, type Insert, splitTemplate } from '../common/template.ts'

/**
 * Compiles the URL of an endpoint. `#{…}` may stand in its path and its query: no record decides which host is asked. Values are
 * percent-encoded. Throws `ConfigError` for a bad URL; the function throws `DataError`.
 */
export function compileUrl(text: string): (record: SinkRecord) => string {
  check(text)
  const query = text.indexOf('?')
  const pathOf = compileTemplate(query < 0 ? text : text.slice(0, query), recordExpression, asSegment)
  if (query < 0) return pathOf
  const queryOf = compileTemplate(text.slice(query), recordExpression, asPart)
  return (record) => pathOf(record) + queryOf(record)
}

function check(text: string): void {
  const parts = splitTemplate(text)
  const filled = parts.map(({ constant, expression }) => constant + (expression === undefined ? '' : 'x')).join('')
  const complaint = isUrl('http:', 'https:')(filled)
  if (complaint !== undefined) throw new ConfigError(complaint)
  const isTemplate = parts.some(({ expression }) => expression !== undefined)
  if (isTemplate && !/^https?:\/\/[^/?#]+[/?]/i.test(parts[0]?.constant ?? '')) {
    throw new ConfigError('may have #{…} in its path and its query only')
  }
  const url = new URL(filled)
  if (url.hash !== '') throw new ConfigError('must not have a fragment (#…)')
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError('must not hold a user or a password: send them by headers=Authorization: Basic …')
  }
}

const asPart: Insert = (value, expression) => {
  const text = asText(value, expression)
  if (!text.isWellFormed()) throw bad(expression, 'is not well-formed Unicode')
  return encodeURIComponent(text)
}

const asSegment: Insert = (value, expression) => {
  const text = asPart(value, expression)
  // A segment of dots would name another path (RFC 3986 §5.2.4).
  if (/^\.{0,2}$/.test(text)) throw bad(expression, `is "${text}", which no part of a path can be`)
  return text
}

const bad = (expression: string, why: string): DataError =>
  new DataError(`"#{${expression}}" ${why}.`, { context: { field: expression } })
