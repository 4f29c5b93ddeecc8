import type { ConfigKeys } from '../../src/api/index.ts'
import { configTables, defaultOf } from './config-table.ts'
import { code, type Page, page, prose, table } from './markdown.ts'

interface Setting {
  readonly name: string
  readonly env: string
  readonly type: string
  readonly default: string | undefined
  readonly values?: readonly string[]
  readonly sensitive: boolean
  readonly doc: string
}

export interface ConfigurationParts {
  readonly settings: readonly Setting[]
  readonly worker: ConfigKeys
  readonly distributed: ConfigKeys
  /** Of Kafka's clients, without a prefix. */
  readonly clients: ConfigKeys
  readonly source: ConfigKeys
  readonly sink: ConfigKeys
  readonly transform: ConfigKeys
  readonly predicate: ConfigKeys
  readonly withoutEffect: Iterable<string>
}

/** Everything that configures a worker and what runs on it, but the plugins' own properties. */
export function configurationPage(parts: ConfigurationParts): Page {
  const sinkOnly = Object.fromEntries(Object.entries(parts.sink).filter(([name]) => !(name in parts.source)))
  return page(
    'docs/configuration.md',
    '# Configuration',
    'A worker reads one file, as Java properties or JSON. It holds Kafka Connect’s worker properties and the settings of this worker, side by side.',
    '## Worker properties',
    configTables(parts.worker),
    '## Distributed mode',
    'A file with `group.id` is that of a worker of a cluster, which keeps offsets in Kafka instead of `offset.storage.file.filename`. Its workers share these, the topics among them, and `gateway.position.keys` where they run gateways. Without `group.id` these do nothing.',
    configTables(parts.distributed),
    '## Properties of Kafka’s clients',
    'Without a prefix they are about the worker’s own questions to Kafka. With `producer.`, `consumer.` or `admin.` before them they are about the clients of connectors, which a declaration overrides under `producer.override.` and the like, as far as `connector.client.config.override.policy` lets it. `ssl.*` under `listeners.https.` and `admin.listeners.https.` is about the REST API. A value that cannot be used here is a warning of the client that meets it.',
    clientTable(parts.clients),
    '## Settings',
    'Flags of the command line win over the environment, the environment over the file.',
    settingsTable(parts.settings),
    '## Every source',
    'The properties of a connector declaration, whatever the source. A property that nothing knows is a warning.',
    configTables(parts.source),
    '## Every sink',
    'Those of every source, and:',
    configTables(sinkOnly),
    '## Transformations and predicates of a connector',
    'For each alias in `transforms` and `predicates`, beside the [plugin’s own](transformations.md):',
    configTables(parts.transform, 'transforms.<alias>.'),
    configTables(parts.predicate, 'predicates.<alias>.'),
    '## Accepted without effect',
    'Kafka Connect’s worker properties that a file may hold and that do nothing here:',
    [...parts.withoutEffect].toSorted().map(code).join(', '),
  )
}

const clientTable = (keys: ConfigKeys): string =>
  table(
    ['property', 'type', 'default', 'importance'],
    Object.entries(keys).map(([name, key]) => [code(name), key.type, defaultOf(key), key.importance]),
  )

const settingsTable = (settings: readonly Setting[]): string =>
  table(
    ['setting', 'environment', 'type', 'default', 'what it does'],
    settings.map(({ name, env, type, default: standard, values, sensitive, doc }) => [
      code(name),
      code(env),
      type,
      standard === undefined ? '–' : standard === '' ? 'empty' : code(standard),
      [prose(doc), values ? `One of ${values.map(code).join(', ')}.` : '', sensitive ? 'Never printed.' : '']
        .filter((text) => text !== '')
        .join(' '),
    ]),
  )
