import { ConfigError, type SinkRecord, toJson } from '#api'
import { compilePath } from './path.ts'
import { asText, compileTemplate, type Resolve } from './template.ts'

/** What a template may name of a sink record. */
export const recordExpressions =
  'topic, partition, offset, timestamp, key, key.<path>, value, value.<path>, header.<name>'

/** Reads `topic`, `value.a.b`, `header.x` … of a record. Throws `ConfigError` for any other name. */
export const recordExpression: Resolve<SinkRecord> = (expression) => {
  const dot = expression.indexOf('.')
  const root = dot < 0 ? expression : expression.slice(0, dot)
  const rest = dot < 0 ? '' : expression.slice(dot + 1)
  const read = rest === '' ? wholes[root] : inside(root, rest)
  if (!read || expression.endsWith('.')) {
    throw new ConfigError(`"#{${expression}}" names nothing of a record; known are ${recordExpressions}.`)
  }
  return read
}

const wholes: Readonly<Record<string, (record: SinkRecord) => unknown>> = {
  topic: (record) => record.topic,
  partition: (record) => record.partition ?? record.origin.partition,
  offset: (record) => record.origin.offset,
  timestamp: (record) => record.timestamp ?? record.origin.timestamp,
  key: (record) => record.key,
  value: (record) => record.value,
}

function inside(root: string, rest: string): ((record: SinkRecord) => unknown) | undefined {
  const path = compilePath(rest)
  switch (root) {
    case 'key':
      return (record) => path(record.key)
    case 'value':
      return (record) => path(record.value)
    case 'header':
      return (record) => record.headers.findLast((header) => header.key === rest)?.value
    default:
      return undefined
  }
}

/** Compiles `message.key`: a template, or one bare expression such as `value.id`. */
export function compileKey(text: string): (record: SinkRecord) => string {
  return compileTemplate(text.includes('#{') ? text : `#{${text}}`, recordExpression, asText)
}

/** A record's own key as text; undefined when it has none. */
export function keyText(key: unknown): string | undefined {
  if (key === undefined || key === null) return undefined
  if (Buffer.isBuffer(key)) return key.toString('base64')
  return typeof key === 'string' ? key : toJson(key)
}
