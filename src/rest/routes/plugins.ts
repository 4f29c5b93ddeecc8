import { BadRequestError, ConnectError, type PluginKind } from '#api'
import type { Herder } from '../../herder/herder.ts'
import { toConfigInfos, toConfigKeyInfos } from '../config-infos.ts'
import { readProps } from '../request-body.ts'
import type { Route } from '../route.ts'
import { warningHeaders } from '../warnings.ts'
import { flag } from './params.ts'

/** The order of kinds that Kafka Connect answers in. */
const kinds: readonly PluginKind[] = ['sink', 'source', 'transformation', 'predicate', 'converter']

/** What this worker can run, and whether a configuration would be accepted. */
export const pluginRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/connector-plugins',
    doc: 'The plugins that this worker can run.',
    query: { connectorsOnly: '`false`: transformations, predicates and converters too' },
    statuses: { 200: '`[{class, type, version}]`' },
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
    statuses: { 200: 'an array of key descriptions', 404: 'no such plugin' },
    handle: ({ params }, { herder }) => ({
      status: 200,
      body: toConfigKeyInfos(herder.pluginConfig(params['plugin'] ?? '').config.keys),
    }),
  },
  {
    method: 'PUT',
    path: '/connector-plugins/:plugin/config/validate',
    doc: 'Checks a configuration without using it. Errors in it are no HTTP errors.',
    body: 'a flat map with `connector.class`',
    statuses: {
      200: '`{name, error_count, groups, configs: [{definition, value}]}`',
      400: 'malformed, no `connector.class`, an unknown one, or one that the path does not name',
    },
    handle: async ({ params, body }, { herder }) => {
      const props = readProps(body)
      const plugin = params['plugin'] ?? ''
      const included = props['connector.class'] ?? undefined
      if (included === undefined) {
        // Kafka Connect prints the whole configuration here, secrets included.
        throw new BadRequestError('Connector config contains no connector type; set "connector.class"')
      }
      if (!isSamePlugin(herder, plugin, included)) {
        throw new BadRequestError(`Included connector type ${included} does not match request type ${plugin}`)
      }
      const validation = await herder.validate(included, props)
      return { status: 200, body: toConfigInfos(included, validation), headers: warningHeaders(validation.warnings) }
    },
  },
]

/** By name, as loosely as Kafka Connect compares them, or by what the two names resolve to. */
function isSamePlugin(herder: Herder, requested: string, included: string): boolean {
  const [a, b] = [withoutSuffix(requested), withoutSuffix(included)]
  if (a.endsWith(b) || b.endsWith(a)) return true
  const [first, second] = [resolve(herder, requested), resolve(herder, included)]
  return first !== undefined && first === second
}

const withoutSuffix = (name: string): string => name.replace(/(?<=.)Connector$/, '')

function resolve(herder: Herder, plugin: string): string | undefined {
  try {
    return herder.pluginConfig(plugin).name
  } catch (error) {
    if (ConnectError.is(error)) return undefined
    throw error
  }
}
