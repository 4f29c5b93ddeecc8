import { createHash } from 'node:crypto'
import type { RevokedThing } from '#api'

/** The same thing revoked again takes the place of what it was before. Fits a path of the REST API. */
export function revocationId(thing: RevokedThing): string {
  const { kind, ...facts } = thing
  return `${kind}-${createHash('sha256').update(JSON.stringify(facts)).digest('base64url').slice(0, 22)}`
}
