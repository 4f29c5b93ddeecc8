import { type ConfigDef, defineConfig, type Plugin } from '#api'
import { restartConfig } from './auto-restart.ts'
import { commonKeys } from './common-keys.ts'
import { sinkKeys } from './sink-keys.ts'
import { sourceKeys } from './source-keys.ts'

/** The framework's keys of every source connector: Kafka Connect's, then ours. */
export const sourceConfig = defineConfig({ ...commonKeys, ...sourceKeys, ...restartConfig.keys })

/** The framework's keys of every sink connector: Kafka Connect's, then ours. */
export const sinkConfig = defineConfig({ ...commonKeys, ...sinkKeys, ...restartConfig.keys })

/** The framework's keys as they are for one connector: its version is the default of `connector.plugin.version`. */
export function frameworkConfig({ kind, version }: Pick<Plugin, 'kind' | 'version'>): ConfigDef {
  const { keys } = kind === 'sink' ? sinkConfig : sourceConfig
  const versioned = { ...keys['connector.plugin.version'], default: version }
  return defineConfig({ ...keys, 'connector.plugin.version': versioned })
}

/** The keys of `transforms.<alias>.`, before the transformation’s own. */
export const transformKeys = defineConfig({
  type: { type: 'class', importance: 'high', width: 'long', doc: 'The transformation.' },
  'plugin.version': {
    type: 'string',
    importance: 'high',
    width: 'long',
    default: null,
    doc: 'The version of it that is wanted, as for `connector.plugin.version`.',
  },
  negate: {
    type: 'boolean',
    importance: 'medium',
    default: false,
    doc: 'Whether it applies where the predicate does not hold.',
  },
  predicate: {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: 'The predicate that decides; none: every record.',
  },
})

export const predicateKeys = defineConfig({
  type: { type: 'class', importance: 'high', width: 'long', doc: 'The predicate.' },
  'plugin.version': {
    type: 'string',
    importance: 'high',
    width: 'long',
    default: null,
    doc: 'The version of it that is wanted, as for `connector.plugin.version`.',
  },
})

/**
 * Kafka Connect's keys that are accepted, so that a pasted declaration runs, and do nothing: on a standalone worker, or on one of a cluster
 * whose `exactly.once.source.support` is not enabled.
 */
export function withoutEffect(exactlyOnce: boolean | undefined): readonly string[] {
  if (exactlyOnce) return []
  const boundaries = ['transaction.boundary', 'transaction.boundary.interval.ms']
  return exactlyOnce === undefined ? [...boundaries, 'exactly.once.support', 'offsets.storage.topic'] : boundaries
}

/** The properties that begin with a prefix, without it. */
export function withPrefix<T>(props: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  return Object.fromEntries(
    Object.entries(props).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
    ),
  )
}
