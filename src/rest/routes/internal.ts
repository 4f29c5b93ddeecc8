import { Type } from 'typebox'
import { ConnectError, NotFoundError } from '#api'
import type { InternalRequests } from '../../herder/herder.ts'
import { httpMessage } from '../error-mapper.ts'
import { readTaskConfigs } from '../request-body.ts'
import type { RestRequest, Route } from '../route.ts'
import { map, textOrNull } from '../schemas-parts.ts'
import { json, nameOf } from './params.ts'

const refused = {
  400: 'no signature, or one of an algorithm that is not known here',
  403: 'a wrong signature',
  503: 'this worker has not read the key of signatures yet',
}
const standalone = { 500: 'this worker is a standalone one' }
const bytes = Type.String({ format: 'binary' })

/** What the workers of a cluster ask of each other; a standalone worker has no others and says so, whatever it was sent. */
export const internalRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/connectors/:name/tasks',
    doc: 'Between workers of a cluster: the tasks that a connector is to have.',
    internal: true,
    body: json(Type.Array(map(textOrNull)), 'the configuration of each task'),
    // The tasks of one connector, which may be as many as the cluster has.
    bodyLimit: 8 * 1024 * 1024,
    statuses: { 204: 'written', ...refused, ...standalone },
    handle: async (request, { herder }) => {
      const internal = verified(request, herder.internal ?? refuse('externally setting task configurations'))
      await internal.putTasks(nameOf(request), readTaskConfigs(request.body))
      return { status: 204 }
    },
  },
  {
    method: 'PUT',
    path: '/connectors/:name/fence',
    doc: 'Between workers of a cluster: nothing that former tasks of a source still send may arrive.',
    internal: true,
    statuses: { 204: 'fenced', ...refused, ...standalone },
    handle: async (request, { herder }) => {
      const internal = verified(request, herder.internal ?? refuse('exactly-once source connectors'))
      await internal.fence(nameOf(request))
      return { status: 204 }
    },
  },
  {
    method: 'POST',
    path: '/internal/*',
    doc: 'Between workers of a cluster: bytes for a part of a connector that runs here. Not Kafka Connect’s.',
    internal: true,
    body: { doc: 'what that part reads', schema: bytes },
    consumes: 'application/octet-stream',
    produces: 'application/octet-stream',
    bodyLimit: 8 * 1024 * 1024,
    statuses: { 200: { doc: 'what it answers', schema: bytes }, ...refused, 404: 'this worker is a standalone one' },
    handle: async (request, { herder }) => {
      if (!herder.internal) throw new NotFoundError(httpMessage(404))
      const port = request.params['*'] ?? ''
      const internal = verified(request, herder.internal, port)
      const answer = await internal.call(port, request.body ?? Buffer.alloc(0))
      return { status: 200, bytes: answer, headers: { 'content-type': 'application/octet-stream' } }
    },
  },
]

/** Before anything is read of it. */
function verified(
  { body = Buffer.alloc(0), headers }: RestRequest,
  internal: InternalRequests,
  port?: string,
): InternalRequests {
  const { 'x-connect-authorization': authorization, 'x-connect-request-signature-algorithm': algorithm } = headers
  internal.verify(body, { authorization: first(authorization), algorithm: first(algorithm) }, port)
  return internal
}

const first = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)

function refuse(what: string): never {
  throw new ConnectError(`Kafka Connect in standalone mode does not support ${what}.`)
}
