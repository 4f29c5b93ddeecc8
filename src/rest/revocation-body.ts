import { BadRequestError, type Revocation, type RevokedThing } from '#api'
import { isChannelSegment } from '../util/channel-segment.ts'
import { revocationId } from '../util/revocation-id.ts'
import { type Fields, isObject, kindOf, readObject, refuseUnknownFields } from './json-body.ts'

const fields = ['user', 'session', 'channel', 'until', 'for', 'reason']
const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** A session's name never comes again: its end is told to every worker, and to those cut off for a while, and then forgotten. */
const sessionMs = 86_400_000
/** The last moment that a date can be. */
const lastMs = 8.64e15

/** Reads the body of `POST /gateway/revocations`. `tokenMs`: how long a token can last at most, where that is known. */
export function readRevocation(body: Buffer | undefined, now: number, tokenMs: number | undefined): Revocation {
  const given = readObject(body, Number)
  refuseUnknownFields(given, fields, 'the request body')
  const of = thingOf(given)
  const standard = { user: tokenMs, session: sessionMs, token: tokenMs, channels: undefined }[of.kind]
  const until = endOf(given, now) ?? (standard === undefined ? undefined : now + standard)
  const reason = textOf(given, 'reason', 1024)
  return {
    id: revocationId(of),
    of,
    at: now,
    ...(until === undefined ? {} : { until }),
    ...(reason === undefined ? {} : { reason }),
  }
}

/** As the API shows it. */
export function showRevocation({ id, of, at, until, reason }: Revocation): object {
  const { kind, ...facts } = of
  const shown = kind === 'channels' && 'channels' in facts ? { channel: facts.channels, user: facts.user } : facts
  return { id, ...shown, at, until, reason }
}

function thingOf(given: Fields): RevokedThing {
  const user = textOf(given, 'user', 1024)
  const session = textOf(given, 'session', 256)
  const channels = textOf(given, 'channel', 4096)
  if (session !== undefined && user === undefined && channels === undefined) return { kind: 'session', session }
  if (session !== undefined || (user === undefined && channels === undefined))
    throw new BadRequestError(
      'Name what is revoked: "user", "session", "channel" (a channel or a pattern such as bus:*), or "channel" and "user".',
    )
  if (channels !== undefined) {
    // In another spelling it would be none that is ever used, and the revocation would not hold.
    if (!channels.split(':').every((segment) => segment === '*' || isChannelSegment(segment)))
      throw new BadRequestError(
        `"channel" is "${channels}", which is no channel and no pattern such as bus:*: segments of A–Z a–z 0–9 . _ ~ - and %XX, in capitals, for all others, joined by a colon`,
      )
    return { kind: 'channels', channels, ...(user === undefined ? {} : { user }) }
  }
  return { kind: 'user', user: user ?? '' }
}

function textOf(given: Fields, field: string, most: number): string | undefined {
  const value = given[field]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && value !== '' && value.length <= most) return value
  throw new BadRequestError(`"${field}" is ${kindOf(value)}; give it a text of 1 to ${most} characters`, {
    context: { field },
  })
}

function endOf({ until, for: lasts }: Fields, now: number): number | undefined {
  if (until !== undefined && lasts !== undefined) throw new BadRequestError('Give "until" or "for", not both')
  const end = lasts === undefined ? momentOf(until) : now + durationOf(lasts)
  if (end === undefined) return undefined
  if (end > now && end <= lastMs) return end
  throw new BadRequestError('The revocation would end before it begins: "until" lies in the future, and "for" is not 0')
}

function momentOf(until: unknown): number | undefined {
  if (until === undefined || until === null) return undefined
  const moment = typeof until === 'string' ? Date.parse(until) : typeof until === 'number' ? until : Number.NaN
  if (Number.isFinite(moment)) return moment
  throw new BadRequestError(
    `"until" is ${isObject(until) ? 'an object' : kindOf(until)}; give it ISO 8601 or milliseconds`,
  )
}

function durationOf(lasts: unknown): number {
  const [, digits, unit = ''] = /^(\d{1,9})([smhd])$/.exec(typeof lasts === 'string' ? lasts : '') ?? []
  if (digits !== undefined) return Number(digits) * (unitMs[unit] ?? 0)
  throw new BadRequestError(`"for" is ${kindOf(lasts)}; give it a duration such as 90s, 15m, 12h or 7d`)
}
