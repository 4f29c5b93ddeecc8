import type { PluginKind } from '#api'
import { toConfigInfos, toConfigKeyInfos } from '../config-infos.ts'
import { readProps } from '../request-body.ts'
import type { Route } from '../route.ts'
import { warningHeaders } from '../warnings.ts'
import { connectorClassOf } from './connector-class.ts'
import { flag, flagParameter, json, listOf } from './params.ts'

/** The order of kinds that Kafka Connect answers in. */
const kinds: readonly PluginKind[] = ['sink', 'source', 'transformation', 'predicate', 'converter', 'header_converter']

/** What this worker can run, and whether a configuration would be accepted. */
export const pluginRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/connector-plugins',
    doc: 'The plugins that this worker can run.',
    query: { connectorsOnly: flagParameter('`false`: transformations, predicates and converters too') },
    statuses: {
      200: json(
        listOf('PluginInfo'),
        '`[{class, type, version}]`, with `package: {name, version, installed, install}` where a connector needs one that its user installs; `install` is what to type',
      ),
    },
    handle: ({ query }, { herder }) => {
      const connectorsOnly = !query.has('connectorsOnly') || flag(query, 'connectorsOnly')
      const plugins = herder.plugins(connectorsOnly)
      return { status: 200, body: kinds.flatMap((kind) => plugins.filter(({ type }) => type === kind)) }
    },
  },
  {
    method: 'GET',
    path: '/connector-plugins/:plugin/config',
    doc: 'The configuration keys of a plugin.',
    query: { version: 'the version of the plugin; `latest` when it is absent' },
    statuses: {
      200: json(listOf('ConfigKey'), 'an array of key descriptions'),
      400: 'the plugin has no such version',
      404: 'no such plugin',
    },
    handle: ({ params, query }, { herder }) => ({
      status: 200,
      body: toConfigKeyInfos(herder.pluginConfig(params['plugin'] ?? '', query.get('version') ?? 'latest').config.keys),
    }),
  },
  {
    method: 'PUT',
    path: '/connector-plugins/:plugin/config/validate',
    doc: 'Checks a configuration without using it. Errors in it are no HTTP errors.',
    body: json('Properties', 'a flat map with `connector.class`'),
    statuses: {
      200: json('ConfigInfos', '`{name, error_count, groups, configs: [{definition, value}]}`'),
      400: 'malformed, no `connector.class`, an unknown one, or one that the path does not name',
    },
    handle: async ({ params, body }, { herder }) => {
      const props = readProps(body)
      const included = connectorClassOf(herder, params['plugin'] ?? '', props)
      const validation = await herder.validate(included, props)
      return { status: 200, body: toConfigInfos(included, validation), headers: warningHeaders(validation.warnings) }
    },
  },
]
