import { readOffsets } from '../offsets-body.ts'
import type { Route } from '../route.ts'
import { json, nameOf } from './params.ts'

const path = '/connectors/:name/offsets'
const unknown = { 404: 'no such connector' }
const refused = 'the connector is not `STOPPED`, or still has tasks'

/** How far a connector has come (KIP-875). */
export const offsetRoutes: readonly Route[] = [
  {
    method: 'GET',
    path,
    doc: 'How far a connector has come; a sink’s offsets are those of its consumer group.',
    statuses: { 200: json('Offsets', '`{offsets: [{partition, offset}]}`'), ...unknown },
    handle: async (request, { herder }) => ({
      status: 200,
      body: { offsets: await herder.offsets(nameOf(request)) },
      exact: true,
    }),
  },
  {
    method: 'PATCH',
    path,
    doc: 'Changes where a stopped connector continues; partitions that are not named stay as they are.',
    body: json('AlterOffsets', '`{offsets: [{partition, offset}]}`; an offset of `null` forgets the partition'),
    statuses: { 200: json('Message', 'done; the message says by whom'), 400: `malformed, or ${refused}`, ...unknown },
    handle: async (request, { herder }) => {
      const name = nameOf(request)
      const offsets = await readOffsets(request.body, async () => (await herder.connectorInfo(name)).type)
      return { status: 200, body: { message: await herder.alterOffsets(name, offsets) } }
    },
  },
  {
    method: 'DELETE',
    path,
    doc: 'Forgets all offsets of a stopped connector: it begins anew.',
    statuses: { 200: json('Message', 'done; repeating it is harmless'), 400: refused, ...unknown },
    handle: async (request, { herder }) => ({
      status: 200,
      body: { message: await herder.resetOffsets(nameOf(request)) },
    }),
  },
]
