import { Type } from 'typebox'
import { ConnectError } from '#api'
import type { Herder } from '../../herder/herder.ts'
import { readCreateRequest, withName } from '../request-body.ts'
import type { Route } from '../route.ts'
import { ref } from '../schemas-parts.ts'
import { json, listOf, nameOf } from './params.ts'
import { putConnector } from './put-connector.ts'

const unknown = { 404: 'no such connector' }
const names = Type.Array(Type.String())

/** Connectors, whole. */
export const connectorRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/connectors',
    doc: 'The names of all connectors, or an object by name with what `expand` asks for.',
    query: { expand: json(names, '`status` or `info`; repeat it for both') },
    statuses: { 200: json(Type.Union([names, ref('Expanded')]), '`[name]` or `{name: {status?, info?}}`') },
    handle: async ({ query }, { herder }) => ({
      status: 200,
      body: query.has('expand') ? await expanded(herder, new Set(query.getAll('expand'))) : await herder.connectors(),
    }),
  },
  {
    method: 'POST',
    path: '/connectors',
    doc: 'Creates a connector.',
    body: json(
      'CreateConnector',
      '`{name, config, initial_state?}`; `initial_state` is `RUNNING`, `PAUSED` or `STOPPED`',
    ),
    statuses: {
      201: json('ConnectorInfo', 'the connector, and its `Location`'),
      400: 'malformed, or the configuration is invalid (every error is named)',
      409: 'a connector of this name exists',
    },
    handle: ({ body, baseUrl }, context) => {
      const { name, config, initialState } = readCreateRequest(body)
      return putConnector(context, baseUrl, name, withName(name, config), {
        replace: false,
        ...(initialState ? { initialState } : {}),
      })
    },
  },
  {
    method: 'GET',
    path: '/connectors/:name',
    doc: 'Configuration, tasks and type of a connector.',
    statuses: { 200: json('ConnectorInfo', '`{name, config, tasks: [{connector, task}], type}`'), ...unknown },
    handle: async (request, { herder }) => ({ status: 200, body: await herder.connectorInfo(nameOf(request)) }),
  },
  {
    method: 'DELETE',
    path: '/connectors/:name',
    doc: 'Stops a connector and forgets its configuration; its offsets stay.',
    statuses: { 204: 'deleted', ...unknown },
    handle: async (request, { herder }) => {
      await herder.deleteConnector(nameOf(request))
      return { status: 204 }
    },
  },
  {
    method: 'GET',
    path: '/connectors/:name/status',
    doc: 'The states of a connector and its tasks, with the trace of what failed.',
    statuses: { 200: json('ConnectorStatus', '`{name, connector, tasks, type}`'), ...unknown },
    handle: async (request, { herder }) => ({ status: 200, body: await herder.connectorState(nameOf(request)) }),
  },
  {
    method: 'GET',
    path: '/connectors/:name/readers',
    doc: 'The readers that this worker runs of a sink with `placement: everyWorker`; none of any other connector. Not Kafka Connect’s.',
    statuses: {
      200: json(listOf('Reader'), '`[{state, worker_id, numbered, trace?, facts?}]`'),
      ...unknown,
    },
    handle: async (request, { herder }) => ({ status: 200, body: await herder.readers(nameOf(request)) }),
  },
  {
    method: 'GET',
    path: '/connectors/:name/health',
    doc: 'What the states of a connector and its tasks amount to, with a status that a probe understands. Not Kafka Connect’s.',
    statuses: {
      200: json(
        'ConnectorHealth',
        '`healthy`, `degraded` (some tasks work), or `paused` and `stopped`, as somebody wished',
      ),
      ...unknown,
      503: json(
        'ConnectorHealth',
        '`unhealthy`: nothing is worked off, so a probe or load balancer should see a failure',
      ),
    },
    handle: async (request, { herder }) => {
      const health = await herder.health(nameOf(request))
      return { status: health.status === 'unhealthy' ? 503 : 200, body: health }
    },
  },
]

async function expanded(herder: Herder, parts: ReadonlySet<string>): Promise<Readonly<Record<string, unknown>>> {
  const connectors: [string, unknown][] = []
  for (const name of await herder.connectors()) {
    try {
      const status = parts.has('status') ? { status: await herder.connectorState(name) } : {}
      const info = parts.has('info') ? { info: await herder.connectorInfo(name) } : {}
      connectors.push([name, { ...status, ...info }])
    } catch (error) {
      // Deleted since it was listed: left out, as Kafka Connect does.
      if (!ConnectError.is(error) || error.status !== 404) throw error
    }
  }
  return Object.fromEntries(connectors)
}
