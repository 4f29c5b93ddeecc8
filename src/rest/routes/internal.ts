import { Type } from 'typebox'
import { ConnectError } from '#api'
import type { Route } from '../route.ts'
import { map, textOrNull } from '../schemas-parts.ts'
import { json } from './params.ts'

/** What the workers of a cluster ask of each other; a standalone worker has no others and says so, whatever it was sent. */
export const internalRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/connectors/:name/tasks',
    doc: 'Between workers of a cluster: the tasks that a connector is to have.',
    internal: true,
    body: json(Type.Array(map(textOrNull)), 'the configuration of each task'),
    statuses: { 500: 'this worker is a standalone one' },
    handle: () => refuse('externally setting task configurations'),
  },
  {
    method: 'PUT',
    path: '/connectors/:name/fence',
    doc: 'Between workers of a cluster: nothing that former tasks of a source still send may arrive.',
    internal: true,
    statuses: { 500: 'this worker is a standalone one' },
    handle: () => refuse('exactly-once source connectors'),
  },
]

function refuse(what: string): never {
  throw new ConnectError(`Kafka Connect in standalone mode does not support ${what}.`)
}
