import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyReply } from 'fastify'

/** Who may use the API, with their passwords. Asked for at each request, so that a change counts at once; never rejects. */
export type Users = () => Promise<ReadonlyMap<string, string>>

/** Whether an `Authorization` header (RFC 7617) names one of the users. Takes as long for an unknown user as for a wrong password. */
export function createAuthentication(users: Users): (authorization: string | undefined) => Promise<boolean> {
  const key = randomBytes(32)
  const digest = (text: string): Buffer => createHmac('sha256', key).update(text).digest()
  const nobody = randomBytes(32)
  return async (authorization) => {
    const credentials = readCredentials(authorization)
    if (!credentials) return false
    const expected = (await users()).get(credentials.user)
    // Digests are of one length whatever the password is.
    return timingSafeEqual(digest(credentials.password), expected === undefined ? nobody : digest(expected))
  }
}

function readCredentials(authorization = ''): { readonly user: string; readonly password: string } | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization.trim()) ?? []
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** Kafka Connect's answer, which is no JSON although it says so, and the header that makes browsers ask for a password. */
export const refuseStranger = (reply: FastifyReply): FastifyReply =>
  reply
    .code(401)
    .header('www-authenticate', 'Basic realm="tidegate", charset="UTF-8"')
    .header('content-type', 'application/json')
    .serializer(String)
    .send('User cannot access the resource.')
