import { ConfigError, type ConfigOf, type Props } from '#api'
import { nearest } from '../util/nearest.ts'
import type { RestSettings } from './rest-settings.ts'
import { distributedConfig } from './worker-distributed-keys.ts'

/** Settings of a topic under Kafka's names, such as `min.insync.replicas`. */
type TopicConfig = Readonly<Record<string, string>>

type ExactlyOnceSupport = 'disabled' | 'preparing' | 'enabled'

/** Of a worker that is one of a cluster. */
export type DistributedConfig = Omit<ConfigOf<typeof distributedConfig>, 'exactly.once.source.support'> & {
  readonly 'exactly.once.source.support': ExactlyOnceSupport
  /** How the three topics are configured when they are made; without `cleanup.policy`, which is always `compact`. */
  readonly topicConfigs: { readonly config: TopicConfig; readonly offset: TopicConfig; readonly status: TopicConfig }
}

/** What belongs to standalone mode although its name begins as a topic's settings do. */
export const offsetsFile = 'offset.storage.file.filename'

/** Whether properties are those of a worker of a cluster. */
export const isDistributed = (content: Readonly<Record<string, unknown>>): boolean =>
  content['group.id'] !== undefined && content['group.id'] !== null

/** Whether a property says how one of the three topics is made. */
export const isTopicSetting = (name: string): boolean =>
  name !== offsetsFile && ['config', 'offset', 'status'].some((of) => name.startsWith(`${of}.storage.`))

/** Reads the properties of distributed mode. Throws one `ConfigError` (`context.errors`). */
export function readDistributed(props: Props): DistributedConfig {
  const parsed = distributedConfig.parse(props)
  const errors = [...contradictions(parsed)]
  if (errors.length > 0) throw new ConfigError(errors.join('\n'), { context: { errors } })
  const [config, offset, status] = [
    topicConfig(props, 'config'),
    topicConfig(props, 'offset'),
    topicConfig(props, 'status'),
  ]
  const support = parsed['exactly.once.source.support'].toLowerCase() as ExactlyOnceSupport
  return { ...parsed, 'exactly.once.source.support': support, topicConfigs: { config, offset, status } }
}

function* contradictions(config: ConfigOf<typeof distributedConfig>): Generator<string> {
  const algorithm = config['inter.worker.signature.algorithm']
  if (!config['inter.worker.verification.algorithms'].includes(algorithm))
    yield `Invalid value ${algorithm} for configuration inter.worker.signature.algorithm: Signature algorithm must be present in inter.worker.verification.algorithms list`
  if (config['heartbeat.interval.ms'] >= config['session.timeout.ms'])
    yield `Invalid value ${config['heartbeat.interval.ms']} for configuration heartbeat.interval.ms: it must be less than session.timeout.ms (${config['session.timeout.ms']}), a third of it at most.`
  const names = topicNames.map((name) => config[name])
  if (new Set(names).size < names.length)
    yield `config.storage.topic, offset.storage.topic and status.storage.topic must be three topics, and are ${names.join(', ')}.`
}

const topicNames = ['config.storage.topic', 'offset.storage.topic', 'status.storage.topic'] as const

function topicConfig(props: Props, of: string): TopicConfig {
  const prefix = `${of}.storage.`
  return Object.fromEntries(
    Object.entries(props).flatMap(([name, value]) => {
      const setting = name.slice(prefix.length)
      const isHanded = name.startsWith(prefix) && isTopicSetting(name) && !notHandedOn.includes(setting)
      return isHanded && typeof value === 'string' ? [[setting, value]] : []
    }),
  )
}

const notHandedOn = ['topic', 'partitions', 'replication.factor', 'cleanup.policy']

/** What to tell of a property of distributed mode that is not simply obeyed; undefined: nothing. */
export function distributedNote(name: string, value: unknown): string | undefined {
  if (name === offsetsFile) return 'belongs to standalone mode, and group.id makes this worker one of a cluster'
  if (name === 'config.storage.partitions') return 'is ignored, since the config topic always has one partition'
  if (/^(?:config|offset|status)\.storage\.cleanup\.policy$/.test(name))
    return 'is ignored, since the topic is always compacted'
  if (name === 'connect.protocol' && /^(?:eager|compatible)$/i.test(String(value)))
    return 'is accepted, but workers here always speak "sessioned"'
  if (!isTopicSetting(name) || Object.hasOwn(distributedConfig.keys, name)) return undefined
  const meant = nearest(name, Object.keys(distributedConfig.keys))
  return meant === undefined ? undefined : `is taken for a setting of the topic; did you mean "${meant}"?`
}

/** What to tell of a worker that others reach only on this machine; undefined: nothing. */
export function advertisedNote({ advertised, listeners }: RestSettings): string | undefined {
  const isLocal = ({ host }: { readonly host: string }): boolean =>
    /^(?:0\.0\.0\.0|::1?|127\..*|localhost)$/i.test(host)
  return advertised.host === undefined && listeners.every(isLocal)
    ? 'Other workers are told to reach this one on the loopback address, which is right only on one machine: set rest.advertised.host.name, to 127.0.0.1 if it is meant so.'
    : undefined
}
