import type { Revocation, RevokedThing } from '#api'
import { isObject, type JsonObject } from './json-records.ts'

/** The value of a record of the revocation topic, or an entry of the file; undefined: it is none that this version knows. */
export function readRevocation(id: string, value: unknown): Revocation | undefined {
  if (!isObject(value) || id === '') return undefined
  const { at, until, reason, of } = value
  const thing = isObject(of) ? readThing(of) : undefined
  if (!thing || !isTime(at) || (until !== undefined && !isTime(until))) return undefined
  return {
    id,
    of: thing,
    at,
    ...(until === undefined ? {} : { until }),
    ...(typeof reason === 'string' ? { reason } : {}),
  }
}

/** The id is the record's key. */
export const writeRevocation = (revocation: Revocation): string => JSON.stringify({ ...revocation, id: undefined })

function readThing({ kind, user, session, token, channels }: JsonObject): RevokedThing | undefined {
  switch (kind) {
    case 'user':
      return typeof user === 'string' ? { kind, user } : undefined
    case 'session':
      return typeof session === 'string' ? { kind, session } : undefined
    case 'token':
      return typeof token === 'string' ? { kind, token } : undefined
    case 'channels':
      if (typeof channels !== 'string' || (user !== undefined && typeof user !== 'string')) return undefined
      return { kind, channels, ...(user === undefined ? {} : { user }) }
    default:
      return undefined
  }
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
