import { validateHeaderName, validateHeaderValue } from 'node:http'
import { messageOf } from '#api'

/** One rule of `response.http.headers.config`. */
export interface HeaderRule {
  readonly action: 'set' | 'add' | 'setDate' | 'addDate'
  readonly name: string
  readonly value: string
}

const actions = ['set', 'add', 'setDate', 'addDate'] as const
/** What says where an answer ends, and what becomes of the connection, is the server's. */
const framing = ['connection', 'content-length', 'keep-alive', 'trailer', 'transfer-encoding', 'upgrade']
const property = 'response.http.headers.config'

/** Reads Kafka Connect's rules, `[action] [name]:[value]` with commas between them; quotes keep a comma in a rule. Complaints go to `errors`. */
export function readHeaderRules(text: string, errors: string[]): readonly HeaderRule[] {
  const rules: HeaderRule[] = []
  for (const rule of splitQuoted(text)) {
    const read = readRule(rule)
    if (typeof read === 'string') errors.push(`Invalid value ${text} for configuration ${property}: ${read}`)
    else rules.push(read)
  }
  return rules
}

function readRule(rule: string): HeaderRule | string {
  const [, given, pair] = /^(\S+)\s+(.+)$/s.exec(rule) ?? []
  if (given === undefined || pair === undefined)
    return `Invalid format of header config '${rule}'. Expected: '[action] [header name]:[header value]'`
  const action = actions.find((each) => each === given)
  if (!action) return `Invalid header config action: '${given}'. Expected one of [${actions.join(', ')}]`
  const colon = pair.indexOf(':')
  if (colon < 1)
    return `Invalid format of header name and header value pair '${pair}'. Expected: '[header name]:[header value]'`
  const name = pair.slice(0, colon).trim()
  const value = pair.slice(colon + 1).trim()
  if (/\s/.test(name)) return `Invalid header name '${name}'. The '[header name]' cannot contain whitespace`
  if (framing.includes(name.toLowerCase()))
    return `The header '${name}' is set by the server alone, since clients read by it where an answer ends`
  if (action.endsWith('Date') && !/^-?\d{1,15}$/.test(value))
    return `Invalid header value '${value}' of ${action}: expected milliseconds from now`
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch (error) {
    return `Invalid header '${name}': ${messageOf(error)}`
  }
  return { action, name, value }
}

/** Parts between commas, trimmed, empty ones left out; in double quotes a comma is a comma, and a backslash keeps what follows it. */
function splitQuoted(text: string): readonly string[] {
  const parts: string[] = ['']
  let quoted = false
  for (const [token] of text.matchAll(/\\.|./gs)) {
    if (token === '"') quoted = !quoted
    else if (token === ',' && !quoted) parts.push('')
    else parts.push(`${parts.pop() ?? ''}${quoted && token.length === 2 ? token.slice(1) : token}`)
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}
