import { atLeast, type Props } from '#api'
import { distinctAliases } from './aliases.ts'
import { versionRange } from './version-range.ts'

const common = 'Common'
const errors = 'Error Handling'

/** The framework's keys of every connector, in Kafka Connect's order and with its facts. */
export const commonKeys = {
  name: {
    type: 'string',
    importance: 'high',
    group: common,
    order: 1,
    width: 'medium',
    displayName: 'Connector name',
    validator: connectorName,
    doc: 'The connector’s name, unique on the worker.',
  },
  'connector.class': {
    type: 'string',
    importance: 'high',
    group: common,
    order: 2,
    width: 'long',
    displayName: 'Connector class',
    doc: 'The connector: its name, a Java class name that it answers to, or a module.',
  },
  'connector.plugin.version': {
    type: 'string',
    importance: 'medium',
    group: common,
    order: 3,
    width: 'medium',
    displayName: 'Connector version',
    default: null,
    validator: isVersionRange,
    doc: 'The version of the connector that is wanted: one version, or a range such as `[1.0,2.0)`. The worker has one version of each.',
  },
  'tasks.max': {
    type: 'int',
    importance: 'high',
    group: common,
    order: 4,
    width: 'short',
    displayName: 'Tasks max',
    default: 1,
    validator: Object.assign(atLeast(1), { whenNull: 'Value must be non-null' }),
    doc: 'The most tasks that the connector may run.',
  },
  'tasks.max.enforce': {
    type: 'boolean',
    importance: 'low',
    group: common,
    order: 5,
    width: 'short',
    displayName: 'Enforce tasks max',
    default: true,
    doc: 'Whether a connector that asks for more tasks than `tasks.max` fails. Deprecated in Kafka Connect.',
  },
  ...converterKeys('key', 6),
  ...converterKeys('value', 8),
  ...converterKeys('header', 10),
  transforms: {
    type: 'list',
    importance: 'low',
    group: 'Transforms',
    order: 12,
    width: 'long',
    displayName: 'Transforms',
    default: [],
    validator: distinctAliases,
    doc: 'Aliases of the transformations, in the order in which they apply.',
  },
  predicates: {
    type: 'list',
    importance: 'low',
    group: 'Predicates',
    order: 13,
    width: 'long',
    displayName: 'Predicates',
    default: [],
    validator: distinctAliases,
    doc: 'Aliases of the predicates that transformations refer to.',
  },
  'config.action.reload': {
    type: 'string',
    importance: 'low',
    group: common,
    order: 14,
    width: 'medium',
    displayName: 'Reload Action',
    default: 'restart',
    values: ['none', 'restart'],
    doc: 'What happens when a value that a config provider gave has changed: `restart` starts the connector anew with it, `none` leaves it as it is.',
  },
  'errors.retry.timeout': {
    type: 'long',
    importance: 'medium',
    group: errors,
    order: 1,
    width: 'medium',
    displayName: 'Retry Timeout for Errors',
    default: 0,
    doc: 'How long (ms) a conversion or transformation that may succeed later is tried again; 0: not, -1: for ever.',
  },
  'errors.retry.delay.max.ms': {
    type: 'long',
    importance: 'medium',
    group: errors,
    order: 2,
    width: 'medium',
    displayName: 'Maximum Delay Between Retries for Errors',
    default: 60_000,
    doc: 'The longest wait (ms) between two tries.',
  },
  'errors.tolerance': {
    type: 'string',
    importance: 'medium',
    group: errors,
    order: 3,
    width: 'short',
    displayName: 'Error Tolerance',
    default: 'none',
    values: ['none', 'all'],
    doc: '`none`: a record that cannot be converted or transformed fails the task. `all`: it is skipped.',
  },
  'errors.log.enable': {
    type: 'boolean',
    importance: 'medium',
    group: errors,
    order: 4,
    width: 'short',
    displayName: 'Log Errors',
    default: false,
    doc: 'Whether each failed record is logged.',
  },
  'errors.log.include.messages': {
    type: 'boolean',
    importance: 'medium',
    group: errors,
    order: 5,
    width: 'short',
    displayName: 'Log Error Details',
    default: false,
    doc: 'Whether the log of a failed record tells its topic, partition, offset and timestamp.',
  },
} as const

function converterKeys<S extends 'key' | 'value' | 'header'>(side: S, order: number) {
  const title = { key: 'Key', value: 'Value', header: 'Header' }[side]
  const converter = {
    type: 'class',
    importance: 'low',
    group: common,
    order,
    width: 'short',
    displayName: `${title} converter class`,
    default: null,
    doc: `The converter of ${side}s; its options follow under \`${side}.converter.\`. The worker’s when absent, with the worker’s options.`,
  } as const
  const version = {
    type: 'string',
    importance: 'low',
    group: common,
    order: order + 1,
    width: 'short',
    displayName: `${title} converter version`,
    default: null,
    validator: isVersionRange,
    visible: (props: Props) => Boolean(props[`${side}.converter`]),
    doc: `The version of that converter that is wanted, as for \`connector.plugin.version\`.`,
  } as const
  return {
    [`${side}.converter`]: converter,
    [`${side}.converter.plugin.version`]: version,
  } as { readonly [N in `${S}.converter`]: typeof converter } & {
    readonly [N in `${S}.converter.plugin.version`]: typeof version
  }
}

/** Java's `nonEmptyStringWithoutControlChars`. */
function connectorName(value: string): string | undefined {
  if (value === '') return 'String may not be empty'
  const controls = value.split('').filter((char) => char < ' ' || (char >= '\u007f' && char <= '\u009f'))
  if (controls.length === 0) return undefined
  const codes = controls.map((char) => char.charCodeAt(0)).join(', ')
  return `String may not contain control sequences but had the following ASCII chars: ${codes}`
}

function isVersionRange(value: string): string | undefined {
  const range = versionRange(value)
  return typeof range === 'string' ? range : undefined
}
