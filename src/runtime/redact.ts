import type { Logger } from '#api'
import type { ResolvedConfig } from './task-run.ts'

/** Shorter ones would blot out half of every sentence. */
const shortest = 4
const deepest = 6
const hidden = '[hidden]'

/** Replaces every secret in a text. */
export type Redact = (text: string) => string

/** Of the longest first, so that one secret inside another leaves no rest. */
export function createRedact(secrets: Iterable<string>): Redact {
  const long = [...new Set(secrets)].filter((secret) => secret.length >= shortest)
  const found = [...new Set(long.flatMap(asWritten))]
  if (found.length === 0) return (text) => text
  const longestFirst = found.toSorted((a, b) => b.length - a.length)
  return (text) => longestFirst.reduce((left, secret) => left.replaceAll(secret, hidden), text)
}

/** As it is and without the blanks around it, as options are read; within JSON; within a URL or a form. */
const asWritten = (secret: string): readonly string[] => [
  secret,
  ...(secret.trim().length >= shortest ? [secret.trim()] : []),
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret.replaceAll(/\p{Surrogate}/gu, '\u{fffd}')),
  new URLSearchParams([['', secret]]).toString().slice(1),
]

/** The same log without the secrets, in its messages, fields, errors and their causes. */
export function redactLog(log: Logger, redact: Redact): Logger {
  const fields = (given: object) => redactValue(given, redact) as object
  return {
    debug: (given, message) => log.debug(fields(given), redact(message)),
    info: (given, message) => log.info(fields(given), redact(message)),
    warn: (given, message) => log.warn(fields(given), redact(message)),
    error: (given, message) => log.error(fields(given), redact(message)),
    child: (given) => redactLog(log.child(fields(given)), redact),
  }
}

/** A copy without the secrets; what is nested too deep or no plain data stays as it is. */
export function redactValue(value: unknown, redact: Redact, depth = 0): unknown {
  if (typeof value === 'string') return redact(value)
  if (depth > deepest || typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return redactError(value, redact, depth)
  if (Array.isArray(value)) return value.map((item: unknown) => redactValue(item, redact, depth + 1))
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redactValue(item, redact, depth + 1)]))
}

function redactError(error: Error, redact: Redact, depth: number): Error {
  // Its class, code and status stay; only what is read is another.
  const copy = Object.create(error) as Error
  const own = (value: unknown) => ({ value, enumerable: false, configurable: true, writable: true })
  return Object.defineProperties(copy, {
    message: own(redact(error.message)),
    stack: own(error.stack === undefined ? undefined : redact(error.stack)),
    cause: own(redactValue(error.cause, redact, depth + 1)),
  })
}

/** Of what providers gave alone: of a declaration whose plugins are not known yet, and of what is shown as it was written. */
export const redactResolved = (config: Resolved): Redact => createRedact(resolvedSecrets(config))

export type Resolved = Pick<ResolvedConfig, 'props' | 'resolved' | 'given'>

/** What providers gave; the whole values where nobody tells. */
export const resolvedSecrets = ({ props, resolved, given }: Resolved): readonly string[] =>
  [...resolved].flatMap((key) => given?.get(key) ?? [props[key] ?? ''])
