import convict from 'convict'
import { splitList } from '#api'
import { algorithmComplaint, claimsComplaint, jwksUrlComplaint, networkComplaint } from './edge-formats.ts'
import { namespaceComplaints } from './namespaces.ts'
import { originComplaint } from './origins.ts'

interface Range {
  readonly min?: number
  readonly max?: number
}

/** A format checks a value and reads it from text; a text that it cannot read stays as it is for the check to refuse. */
interface Format {
  readonly complaint: (value: unknown, key: Range) => string | undefined
  readonly read: (text: string) => unknown
}

const isText = (value: unknown): value is string => typeof value === 'string'
const listOf: (text: string) => readonly string[] = splitList
const same = (text: string): string => text
const orNull = (text: string): string | null => (text === '' ? null : text)

const formats: Readonly<Record<string, Format>> = {
  text: {
    complaint: (value) => (isText(value) && value !== '' ? undefined : 'must be a text'),
    read: same,
  },
  'optional-text': {
    complaint: (value) => (value === null || isText(value) ? undefined : 'must be a text or null'),
    read: orNull,
  },
  secret: {
    complaint: (value) =>
      value === null || (isText(value) && Buffer.byteLength(value) >= 32) ? undefined : 'must have at least 32 bytes',
    read: orNull,
  },
  switch: {
    complaint: (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
    read: (text) => ({ true: true, false: false })[text.trim().toLowerCase()] ?? text,
  },
  'whole-number': {
    complaint: (value, { min = 0, max = Number.MAX_SAFE_INTEGER }) =>
      Number.isInteger(value) && Number(value) >= min && Number(value) <= max
        ? undefined
        : `must be a whole number from ${min} to ${max}`,
    read: (text) => (/^-?\d+$/.test(text.trim()) ? Number(text) : text),
  },
  origins: {
    complaint: (value) => (isTexts(value) ? originComplaint(value) : 'must be a list of origins'),
    read: listOf,
  },
  texts: {
    complaint: (value) => (isTexts(value) ? undefined : 'must be a list of texts'),
    read: listOf,
  },
  gates: {
    complaint: (value) =>
      isTexts(value) && value.every((each) => /^(tls:\/\/[^/\s]+:\d{1,5}|unix:\/\S+)$/.test(each))
        ? undefined
        : 'must be a list of gates, each tls://host:port or unix:/path',
    read: listOf,
  },
  'jwks-url': {
    complaint: (value) => (value === null || isText(value) ? jwksUrlComplaint(value) : 'must be a URL or null'),
    read: orNull,
  },
  algorithms: {
    complaint: (value) => (isTexts(value) ? algorithmComplaint(value) : 'must be a list of algorithms'),
    read: listOf,
  },
  networks: {
    complaint: (value) => (isTexts(value) ? networkComplaint(value) : 'must be a list of addresses and networks'),
    read: listOf,
  },
  claims: {
    complaint: (value) => claimsComplaint(parseOrSame(value)),
    read: same,
  },
  'position-keys': {
    complaint: (value) =>
      isTexts(value) && value.every((key) => Buffer.from(key, 'base64').length === 32)
        ? undefined
        : 'must be a list of keys, each the base64 of 32 bytes',
    read: listOf,
  },
  namespaces: {
    // Held as text: convict loses its way in the dotted names within.
    complaint: (value) => {
      const complaints = namespaceComplaints(parseOrSame(value))
      return complaints.length === 0 ? undefined : complaints.join('; ')
    },
    read: same,
  },
}

for (const [name, { complaint, read }] of Object.entries(formats)) {
  convict.addFormat({
    name,
    validate: (value: unknown, key: object) => {
      const error = complaint(value, key)
      if (error !== undefined) throw new Error(error)
    },
    coerce: (text: unknown) => (isText(text) ? read(text) : text),
  })
}

/** The process's convict, which knows the formats of `setting-keys.ts`. */
export const convictWithFormats = convict

export function parseOrSame(value: unknown): unknown {
  if (!isText(value)) return value
  try {
    return JSON.parse(value) as unknown
  } catch {
    return value
  }
}

const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)
