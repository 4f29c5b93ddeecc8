import type { ConfigDef, ConfigKey, ConfigKeys, Plugin, Props, SinkConnector, SourceConnector } from '#api'
import { ConfigError, messageOf } from '#api'
import type { Plugins } from '../plugins/index.ts'
import { javaRegex } from '../util/java-regex.ts'
import { nearest } from '../util/nearest.ts'
import {
  openPrefixes,
  predicateKeys,
  sinkConfig,
  sourceConfig,
  transformKeys,
  withoutEffect,
  withPrefix,
} from './connector-config.ts'
import { listOf } from './transform-chain.ts'

/** One key in the answer of `validate`; the framework's keys and those of all plugins involved together. */
export interface ValidatedKey {
  readonly name: string
  /** Absent for a key that carries only an error. */
  readonly definition?: { readonly key: ConfigKey; readonly order: number }
  /** As text; null when absent; `[hidden]` for secrets. */
  readonly value: string | null
  readonly recommendedValues: readonly string[]
  readonly errors: readonly string[]
}

export interface Validation {
  readonly keys: readonly ValidatedKey[]
  /** Of properties that nothing knows, each naming the nearest known one. */
  readonly warnings: readonly string[]
}

/** Checks a whole declaration against everything that takes part in it. Never throws for what the user wrote. */
export function validateDeclaration(
  connector: SourceConnector | SinkConnector,
  props: Props,
  plugins: Plugins,
): Validation {
  const framework: ConfigDef = connector.kind === 'sink' ? sinkConfig : sourceConfig
  const keys = [...validateKeys(framework, props), ...validateKeys(connector.config, props)]
  const complain = (name: string, error: string) => {
    const at = keys.findIndex((key) => key.name === name)
    const former = keys[at]
    if (former) keys[at] = { ...former, errors: [...former.errors, error] }
    else keys.push({ name, value: props[name] ?? null, recommendedValues: [], errors: [error] })
  }

  for (const side of ['key', 'value'] as const) {
    keys.push(...named(`${side}.converter`, `${side}.converter.`, 'converter', props, plugins, complain))
  }
  for (const alias of listOf(props['predicates'])) {
    const prefix = `predicates.${alias}.`
    keys.push(...validateKeys(predicateKeys, props, prefix))
    keys.push(...named(`${prefix}type`, prefix, 'predicate', props, plugins, complain))
  }
  for (const alias of listOf(props['transforms'])) {
    const prefix = `transforms.${alias}.`
    keys.push(...validateKeys(transformKeys, props, prefix))
    keys.push(...named(`${prefix}type`, prefix, 'transformation', props, plugins, complain))
    const predicate = props[`${prefix}predicate`]
    if (predicate && !listOf(props['predicates']).includes(predicate)) {
      complain(`${prefix}predicate`, `Predicate ${predicate} is not listed in "predicates".`)
    }
  }
  for (const [name, value] of Object.entries(props)) {
    const isKnown = keys.some((key) => key.name === name)
    if (value === null && !isKnown) complain(name, 'Null value can not be supplied as the configuration value.')
  }
  if (connector.kind === 'sink') for (const [name, error] of topicComplaints(props)) complain(name, error)
  if (keys.every((key) => key.errors.length === 0)) {
    const config = connector.config.parse(props) as never
    for (const { key, error } of connector.check?.(config, props) ?? []) complain(key, error)
  }
  return {
    keys,
    warnings: unknownKeys(
      props,
      keys.map(({ name }) => name),
    ),
  }
}

/** Throws one `ConfigError` with every complaint, in Kafka Connect's words. */
export function refuseInvalid({ keys }: Validation): void {
  const errors = keys.flatMap((key) => key.errors)
  if (errors.length === 0) return
  const message = [
    `Connector configuration is invalid and contains the following ${errors.length} error(s):`,
    ...errors,
    'You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`',
  ].join('\n')
  throw new ConfigError(message, { context: { errors } })
}

function validateKeys(def: ConfigDef, props: Props, prefix = ''): ValidatedKey[] {
  const defined: ConfigKeys = def.keys
  return def.validate(prefix === '' ? props : withPrefix(props, prefix)).flatMap((result, order) => {
    const key = defined[result.name]
    if (!key) return []
    return {
      name: `${prefix}${result.name}`,
      definition: { key, order: order + 1 },
      value: textOf(key, props[`${prefix}${result.name}`] ?? key.default),
      recommendedValues: result.recommendedValues,
      errors: result.errors.map((error) =>
        prefix === '' ? error : error.replace(result.name, `${prefix}${result.name}`),
      ),
    }
  })
}

/** The keys of the plugin that a property names. */
function named(
  property: string,
  prefix: string,
  kind: 'converter' | 'predicate' | 'transformation',
  props: Props,
  plugins: Plugins,
  complain: (name: string, error: string) => void,
): ValidatedKey[] {
  const name = props[property]
  if (!name) return []
  try {
    const found = plugins.find(kind, name)
    return validateKeys((found.plugin as Plugin).config, { ...withKeys(found.preset, prefix), ...props }, prefix)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    complain(property, `Invalid value ${name} for configuration ${property}: ${messageOf(error)}`)
    return []
  }
}

const withKeys = (preset: Readonly<Record<string, string>>, prefix: string): Props =>
  Object.fromEntries(Object.entries(preset).map(([key, value]) => [`${prefix}${key}`, value]))

function textOf(key: ConfigKey, value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (key.type === 'password') return '[hidden]'
  return Array.isArray(value) ? value.join(',') : `${value as string | number | boolean}`
}

function* topicComplaints(props: Props): Generator<readonly [string, string]> {
  const topics = listOf(props['topics'])
  const regex = props['topics.regex'] ?? ''
  if (topics.length > 0 && regex !== '') {
    yield ['topics', 'topics and topics.regex are mutually exclusive options, but both are set.']
  } else if (topics.length === 0 && regex === '') {
    yield ['topics', 'Must configure one of topics or topics.regex']
  }
  const dlq = props['errors.deadletterqueue.topic.name'] ?? ''
  if (dlq !== '' && (topics.includes(dlq) || (regex !== '' && isMatch(regex, dlq)))) {
    yield [
      'errors.deadletterqueue.topic.name',
      `The dead letter queue topic '${dlq}' may not be one of the topics that the connector reads.`,
    ]
  }
}

function isMatch(regex: string, text: string): boolean {
  try {
    return javaRegex(regex, { whole: true }).test(text)
  } catch {
    // The key's own validator says what is wrong with the expression.
    return false
  }
}

function unknownKeys(props: Props, known: readonly string[]): string[] {
  const names = new Set(known)
  return Object.keys(props).flatMap((name) => {
    if (names.has(name) || openPrefixes.some((prefix) => name.startsWith(prefix))) return []
    if (withoutEffect.some((prefix) => name.startsWith(prefix))) {
      return [`Property "${name}" is accepted, but has no effect here`]
    }
    const meant = nearest(name, names)
    return [`Unknown property "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`]
  })
}
