import { ConfigError, DataError, type SinkRecord } from '#api'
import { recordExpression } from '../common/record-template.ts'
import { asText, compileTemplate, type Insert, splitTemplate } from '../common/template.ts'

const maxLength = 255
const plain = /^[A-Za-z0-9._~-]+$/
const constantText = /^(?:[A-Za-z0-9._~:-]|%[0-9A-F]{2})*$/

/**
 * Compiles a channel template such as `bus:#{value.id}`. Inserted values are percent-encoded outside `A–Z a–z 0–9 . _ ~ -`,
 * so that they cannot leave their segment. Throws `ConfigError` for a bad template; the function throws `DataError`.
 */
export function compileChannel(text: string): (record: SinkRecord) => string {
  checkConstants(text)
  const render = compileTemplate(text, recordExpression, asSegment)
  return (record) => {
    const channel = render(record)
    if (channel.length > maxLength) {
      throw new DataError(
        `The channel that "${text}" makes of this record has ${channel.length} characters; ${maxLength} are allowed.`,
      )
    }
    return channel
  }
}

function checkConstants(text: string): void {
  const parts = splitTemplate(text)
  const bad = parts.find(({ constant }) => !constantText.test(constant))
  if (bad) {
    throw new ConfigError(
      `the channel "${text}" has a character in "${bad.constant}" that a channel cannot have: letters, digits, . _ ~ - and : are allowed`,
    )
  }
  // Each expression as one letter: what is empty then is empty always.
  const segments = parts.map(({ constant, expression }) => constant + (expression === undefined ? '' : 'x')).join('')
  if (segments.split(':').includes('')) throw new ConfigError(`the channel "${text}" has an empty segment`)
  const first = parts[0]
  if (first?.expression !== undefined && !first.constant.includes(':')) {
    throw new ConfigError(`the channel "${text}" must begin with a constant segment, which names its namespace`)
  }
}

const asSegment: Insert = (value, expression) => {
  const text = asText(value, expression)
  if (plain.test(text)) return text
  if (text === '') throw new DataError(`"#{${expression}}" is empty.`, { context: { field: expression } })
  try {
    return encodeURIComponent(text).replace(
      /[!'()*]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    )
  } catch (error) {
    throw new DataError(`"#{${expression}}" is not well-formed Unicode.`, {
      cause: error,
      context: { field: expression },
    })
  }
}
