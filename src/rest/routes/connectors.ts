import { ConnectError, type Props } from '#api'
import type { ConnectorInfo, Herder, TargetState } from '../../herder/herder.ts'
import { percentEncode } from '../percent-encode.ts'
import { readCreateRequest, readProps, withName } from '../request-body.ts'
import type { RestAnswer, RestContext, Route } from '../route.ts'
import { warningHeaders } from '../warnings.ts'
import { nameOf } from './params.ts'

const unknown = { 404: 'no such connector' }
const refused = { 400: 'malformed, or the configuration is invalid (every error is named)' }

/** Connectors and their configuration. */
export const connectorRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/connectors',
    doc: 'The names of all connectors, or an object by name with what `expand` asks for.',
    query: { expand: '`status` or `info`; repeat it for both' },
    statuses: { 200: '`[name]` or `{name: {status?, info?}}`' },
    handle: async ({ query }, { herder }) => ({
      status: 200,
      body: query.has('expand') ? await expanded(herder, new Set(query.getAll('expand'))) : await herder.connectors(),
    }),
  },
  {
    method: 'POST',
    path: '/connectors',
    doc: 'Creates a connector.',
    body: '`{name, config, initial_state?}`; `initial_state` is `RUNNING`, `PAUSED` or `STOPPED`',
    statuses: { 201: 'the connector, and its `Location`', ...refused, 409: 'a connector of this name exists' },
    handle: ({ body, baseUrl }, context) => {
      const { name, config, initialState } = readCreateRequest(body)
      return put(context, baseUrl, name, withName(name, config), {
        replace: false,
        ...(initialState ? { initialState } : {}),
      })
    },
  },
  {
    method: 'GET',
    path: '/connectors/:name',
    doc: 'Configuration, tasks and type of a connector.',
    statuses: { 200: '`{name, config, tasks: [{connector, task}], type}`', ...unknown },
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
    path: '/connectors/:name/config',
    doc: 'The configuration as it was written, with `name`.',
    statuses: { 200: 'a flat map of strings', ...unknown },
    handle: async (request, { herder }) => ({ status: 200, body: await herder.connectorConfig(nameOf(request)) }),
  },
  {
    method: 'PUT',
    path: '/connectors/:name/config',
    doc: 'Creates a connector or replaces its whole configuration.',
    body: 'a flat map; numbers and booleans become strings',
    statuses: { 200: 'the connector, replaced', 201: 'the connector, created, and its `Location`', ...refused },
    handle: (request, context) => {
      const name = nameOf(request)
      return put(context, request.baseUrl, name, withName(name, readProps(request.body)), { replace: true })
    },
  },
  {
    method: 'GET',
    path: '/connectors/:name/status',
    doc: 'The states of a connector and its tasks, with the trace of what failed.',
    statuses: { 200: '`{name, connector, tasks, type}`', ...unknown },
    handle: async (request, { herder }) => ({ status: 200, body: await herder.connectorState(nameOf(request)) }),
  },
]

async function put(
  { herder }: RestContext,
  baseUrl: string,
  name: string,
  config: Props,
  options: { readonly replace: boolean; readonly initialState?: TargetState },
): Promise<RestAnswer> {
  const { created, info, warnings } = await herder.putConnector(name, config, options)
  return {
    status: created ? 201 : 200,
    body: info,
    headers: { ...(created ? { location: locationOf(baseUrl, info) } : {}), ...warningHeaders(warnings) },
  }
}

const locationOf = (baseUrl: string, { name }: ConnectorInfo): string => `${baseUrl}/connectors/${percentEncode(name)}`

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
