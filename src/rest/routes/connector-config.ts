import { readPatch, readProps, withName } from '../request-body.ts'
import type { Route } from '../route.ts'
import { warningHeaders } from '../warnings.ts'
import { json, nameOf } from './params.ts'
import { putConnector } from './put-connector.ts'

const unknown = { 404: 'no such connector' }
const refused = { 400: 'malformed, or the configuration is invalid (every error is named)' }
const path = '/connectors/:name/config'

/** The configuration of one connector. */
export const connectorConfigRoutes: readonly Route[] = [
  {
    method: 'GET',
    path,
    doc: 'The configuration as it was written, with `name`.',
    statuses: { 200: json('ConnectorConfig', 'a flat map of strings'), ...unknown },
    handle: async (request, { herder }) => ({ status: 200, body: await herder.connectorConfig(nameOf(request)) }),
  },
  {
    method: 'PUT',
    path,
    doc: 'Creates a connector or replaces its whole configuration.',
    body: json('Properties', 'a flat map; numbers and booleans become strings'),
    statuses: {
      200: json('ConnectorInfo', 'the connector, replaced'),
      201: json('ConnectorInfo', 'the connector, created, and its `Location`'),
      ...refused,
    },
    handle: (request, context) => {
      const name = nameOf(request)
      return putConnector(context, request.baseUrl, name, withName(name, readProps(request.body)), { replace: true })
    },
  },
  {
    method: 'PATCH',
    path,
    doc: 'Changes some properties of a connector; the result is checked as a whole.',
    body: json('Properties', 'a flat map of what changes; `null` removes a property'),
    statuses: { 200: json('ConnectorInfo', 'the connector, changed'), ...refused, ...unknown },
    handle: async (request, { herder }) => {
      const name = nameOf(request)
      const { info, warnings } = await herder.patchConnector(name, readPatch(name, request.body))
      return { status: 200, body: info, headers: warningHeaders(warnings) }
    },
  },
]
