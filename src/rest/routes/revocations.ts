import { Type } from 'typebox'
import { isRetriable, messageOf, NotFoundError } from '#api'
import { errorBody } from '../error-mapper.ts'
import { readRevocation, showRevocation } from '../revocation-body.ts'
import type { RestAnswer, RestContext, Revoking, Route } from '../route.ts'
import { json, listOf } from './params.ts'

const [usual, most] = [1000, 10_000]
const away = { 503: 'it cannot be stored now: what was revoked before stays so; try again' }
const none = { 404: 'this worker runs no gateway' }

/** What is taken back from clients of the gateway, on all workers. */
export const revocationRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/gateway/revocations',
    doc: 'What is revoked, the newest first. Not Kafka Connect’s.',
    query: { limit: { doc: `how many at most: ${usual}, up to ${most}`, schema: Type.Integer({ minimum: 1 }) } },
    statuses: {
      200: json(listOf('Revocation'), '`[{id, user?, session?, channel?, token?, at, until?, reason?}]`'),
      ...none,
    },
    handle({ query }, context) {
      const asked = Number(query.get('limit') ?? usual)
      const limit = Number.isInteger(asked) && asked > 0 ? Math.min(asked, most) : usual
      const all = revoking(context)
        .revocations.all()
        .toSorted((a, b) => b.at - a.at)
      return { status: 200, body: all.slice(0, limit).map(showRevocation) }
    },
  },
  {
    method: 'POST',
    path: '/gateway/revocations',
    doc: 'Revokes the tokens of a user, a session and all tokens that it has had, or the channels of a pattern for a user or for all: connections and subscriptions end on every worker, and are refused, as are tokens that are issued within `gateway.auth.clockSkewS` of it. Not Kafka Connect’s.',
    body: json('Revoke', '`{user? | session? | channel?, user?, until? | for?, reason?}`'),
    statuses: {
      201: json('Revocation', 'revoked, on this worker at once and on the others as soon as they read it'),
      400: 'malformed; the message says what is wrong',
      409: 'there are as many as `gateway.revocations.max` allows',
      ...none,
      ...away,
    },
    handle({ body }, context) {
      const { revocations, tokenMs } = revoking(context)
      const revocation = readRevocation(body, context.clock.now(), tokenMs)
      return stored(async () => {
        await revocations.add(revocation)
        return { status: 201, body: showRevocation(revocation) }
      })
    },
  },
  {
    method: 'DELETE',
    path: '/gateway/revocations/:id',
    doc: 'Takes a revocation back; connections that it closed may come again. Not Kafka Connect’s.',
    statuses: { 204: 'deleted', 404: 'no such revocation, or this worker runs no gateway', ...away },
    handle({ params }, context) {
      const id = params['id'] ?? ''
      return stored(async () => {
        if (await revoking(context).revocations.remove(id)) return { status: 204 }
        throw new NotFoundError(`There is no revocation ${id}`)
      })
    },
  },
]

function revoking({ revoking: given }: RestContext): Revoking {
  if (given) return given
  throw new NotFoundError('This worker runs no gateway')
}

async function stored(work: () => Promise<RestAnswer>): Promise<RestAnswer> {
  try {
    return await work()
  } catch (error) {
    if (isRetriable(error)) return { status: 503, body: errorBody(503, messageOf(error)) }
    throw error
  }
}
