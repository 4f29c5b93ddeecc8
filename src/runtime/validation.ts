import type { DeclaredAt, Props, SinkConnector, SourceConnector } from '#api'
import { ConfigError } from '#api'
import { type Plugins, packageComplaint } from '../plugins/index.ts'
import { frameworkConfig } from './connector-config.ts'
import { hideResolved } from './hide-resolved.ts'
import { laneComplaints } from './lanes.ts'
import { topicComplaints } from './topic-complaints.ts'
import { unknownProperties } from './unknown-properties.ts'
import { errorCount, nullComplaint, type ValidatedKey, validateKeys, withNull } from './validated-key.ts'
import { validateAliases } from './validation-aliases.ts'
import { clientOverrides } from './validation-clients.ts'
import { converterDefaults, validateConverters } from './validation-converters.ts'
import { exactlyOnceComplaints } from './validation-exactly-once.ts'
import { versionComplaints } from './validation-versions.ts'

export type { ValidatedKey } from './validated-key.ts'

export interface Validation {
  readonly keys: readonly ValidatedKey[]
  /** Of properties that nothing knows, each naming the nearest known one, and of those without effect. */
  readonly warnings: readonly string[]
}

export interface ValidationContext {
  /** The worker's properties: converters that are inherited, the policy of overrides. */
  readonly workerProps?: Props | undefined
  /** The declaration as it was written, and the keys whose values a provider changed: those are shown as they were written. */
  readonly raw?: Props | undefined
  readonly resolved?: ReadonlySet<string> | undefined
  readonly given?: ReadonlyMap<string, readonly string[]> | undefined
  /** As the worker's: a source with `lanes` needs a task for each, and `exactly.once.support` is looked at. Undefined: a standalone worker. */
  readonly exactlyOnce?: boolean | undefined
  /** The worker's: what is declared has to lie within its bounds. */
  readonly gateway?: DeclaredAt | undefined
}

/**
 * Checks a whole declaration against everything that takes part in it, and says it in Kafka Connect's words and order.
 * `props` are resolved; give `raw` and `resolved` too, so that no value of a provider is shown. Never throws for what the user wrote.
 */
export function validateDeclaration(
  connector: SourceConnector | SinkConnector,
  props: Props,
  plugins: Plugins,
  { workerProps = {}, raw = props, resolved = new Set(), given, exactlyOnce, gateway }: ValidationContext = {},
): Validation {
  const framework = converterDefaults(frameworkConfig(connector), props, workerProps, plugins)
  const enriched = [
    ...validateKeys(framework, props),
    ...validateAliases('transforms', props, plugins),
    ...validateAliases('predicates', props, plugins),
  ].map((key) => (props[key.name] === null ? withNull(key) : key))
  const keys = merge(enriched, validateKeys(connector.config, props))
  const complain = (name: string, error: string, value?: null) => {
    const at = keys.findIndex((key) => key.name === name)
    const former = keys[at]
    if (former) keys[at] = { ...former, ...(value === null && { value }), errors: [...former.errors, error] }
    else keys.push({ name, value: props[name] ?? null, recommendedValues: [], errors: [error] })
  }
  for (const [name, error] of versionComplaints(connector, props, plugins)) complain(name, error)
  const lacking = packageComplaint(connector)
  if (lacking !== undefined) complain('connector.class', lacking)
  if (connector.kind === 'sink') {
    for (const [name, error] of topicComplaints(props, workerProps)) complain(name, error)
  }
  if (connector.kind === 'source') {
    for (const [name, error] of exactlyOnceComplaints(connector, props, keys, exactlyOnce)) complain(name, error)
  }
  const converters = validateConverters(keys, props, plugins, complain)
  const nulls = Object.keys(props).filter((name) => props[name] === null && !keys.some((key) => key.name === name))
  const all = [
    ...nulls.map((name) => ({ name, value: null, recommendedValues: [], errors: [nullComplaint] })),
    ...keys,
    ...clientOverrides(connector.kind, props, workerProps),
    ...converters,
  ]
  const checked = errorCount(all) === 0 ? withComplaints(connector, props, all, { exactlyOnce, gateway }) : all
  return {
    keys: hideResolved(checked, raw, { props, resolved, given }),
    warnings: unknownProperties(connector.kind, props, all, exactlyOnce),
  }
}

/** Throws one `ConfigError` with every complaint, in Kafka Connect's words. */
export function refuseInvalid({ keys }: Validation): void {
  const errors = keys.flatMap((key) => key.errors)
  if (errors.length === 0) return
  const message = [
    `Connector configuration is invalid and contains the following ${errorCount(keys)} error(s):`,
    ...errors,
    'You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`',
  ].join('\n')
  throw new ConfigError(message, { context: { errors } })
}

/** A key that the connector defines anew keeps its place. */
function merge(framework: readonly ValidatedKey[], own: readonly ValidatedKey[]): ValidatedKey[] {
  const again = new Map(own.map((key) => [key.name, key]))
  const names = new Set(framework.map(({ name }) => name))
  return [...framework.map((key) => again.get(key.name) ?? key), ...own.filter(({ name }) => !names.has(name))]
}

function withComplaints(
  connector: SourceConnector | SinkConnector,
  props: Props,
  keys: readonly ValidatedKey[],
  { exactlyOnce, gateway }: Pick<ValidationContext, 'exactlyOnce' | 'gateway'>,
): readonly ValidatedKey[] {
  const config = connector.config.parse(props) as never
  const own = connector.check?.(config, props, gateway) ?? []
  const complaints = [...own, ...laneComplaints(connector, props, exactlyOnce)]
  const known = keys.map((key) => {
    const errors = complaints.flatMap((complaint) => (complaint.key === key.name ? [complaint.error] : []))
    return errors.length === 0 ? key : { ...key, errors: [...key.errors, ...errors] }
  })
  const others = complaints.filter(({ key }) => !keys.some(({ name }) => name === key))
  return [
    ...known,
    ...others.map(({ key, error }) => ({
      name: key,
      value: props[key] ?? null,
      recommendedValues: [],
      errors: [error],
    })),
  ]
}
