import type { ConfigDef, Plugin, Props, SinkConnector, SourceConnector } from '#api'
import type { Plugins } from '../plugins/index.ts'
import { sinkConfig, sourceConfig } from './connector-config.ts'
import { withInheritedConverters } from './converters.ts'
import { createRedact, type Redact, resolvedSecrets } from './redact.ts'
import type { ResolvedConfig } from './task-run.ts'
import { listOf } from './transform-chain.ts'

/** Kafka's client properties of type PASSWORD. */
const clientSecret =
  /(?:^|\.)(?:sasl\.jaas\.config|ssl\.(?:key|keystore|truststore)\.password|ssl\.keystore\.(?:key|certificate\.chain)|ssl\.truststore\.certificates|sasl\.oauthbearer\.(?:client\.credentials\.client\.secret|assertion\.private\.key\.passphrase))$/

/**
 * What may not be read in a connector's traces, log lines and status: values that a provider gave, and those of keys of type PASSWORD, of
 * the connector, its converters, transformations and predicates, and of Kafka's clients.
 */
export function redactFor(
  connector: SourceConnector | SinkConnector,
  config: ResolvedConfig,
  { plugins, workerProps }: { readonly plugins: Plugins; readonly workerProps: Props },
): Redact {
  const props = withInheritedConverters(config.props, workerProps)
  const values = [...secretKeys(connector, props, plugins)].map((key) => props[key] ?? '')
  return createRedact([
    ...resolvedSecrets(config),
    ...values,
    ...values.flatMap(insides),
    ...Object.entries(workerProps).flatMap(([key, value]) => (value && clientSecret.test(key) ? [value] : [])),
  ])
}

function* secretKeys(connector: SourceConnector | SinkConnector, props: Props, plugins: Plugins): Generator<string> {
  yield* passwords(connector.config, '')
  yield* passwords(connector.kind === 'sink' ? sinkConfig : sourceConfig, '')
  for (const side of ['key', 'value', 'header'] as const) {
    const kind = side === 'header' ? 'header_converter' : 'converter'
    yield* passwords(definitionOf(plugins, kind, props[`${side}.converter`]), `${side}.converter.`)
  }
  for (const alias of listOf(props['transforms'])) {
    const prefix = `transforms.${alias}.`
    yield* passwords(definitionOf(plugins, 'transformation', props[`${prefix}type`]), prefix)
  }
  for (const alias of listOf(props['predicates'])) {
    const prefix = `predicates.${alias}.`
    yield* passwords(definitionOf(plugins, 'predicate', props[`${prefix}type`]), prefix)
  }
  yield* Object.keys(props).filter((key) => clientSecret.test(key))
}

function* passwords(def: ConfigDef | undefined, prefix: string): Generator<string> {
  for (const [name, key] of Object.entries(def?.keys ?? {})) if (key.type === 'password') yield `${prefix}${name}`
}

function definitionOf(
  plugins: Plugins,
  kind: 'converter' | 'header_converter' | 'transformation' | 'predicate',
  name: string | null | undefined,
): ConfigDef | undefined {
  if (!name) return undefined
  try {
    return (plugins.find(kind, name).plugin as Plugin).config
  } catch {
    // A name that nothing answers to is refused elsewhere, and has no secrets.
    return undefined
  }
}

/** What a client may print of a compound secret: a part in quotes, as in JAAS, and what follows a user's name. */
function insides(value: string): readonly string[] {
  const quoted = [...value.matchAll(/(?:password|secret)\w*\s*=\s*["']([^"']+)["']/gi)].map(([, inner]) => inner ?? '')
  const [, password] = /^[^\s:]+:(\S+)$/.exec(value) ?? []
  return password === undefined ? quoted : [...quoted, password]
}
