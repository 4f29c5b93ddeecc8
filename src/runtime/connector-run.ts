import { ConfigError, ConnectError, type Logger, type Props, type SinkConnector, type SourceConnector } from '#api'
import { type RestartConfig, restartConfig } from './auto-restart.ts'
import { sinkConfig, sourceConfig } from './connector-config.ts'
import { isEveryWorker, laneCount } from './lanes.ts'
import { type Redact, redactResolved } from './redact.ts'
import { redactFor } from './secret-values.ts'
import type { ResolvedConfig, WorkerDeps } from './task-run.ts'
import { topicMatcher } from './topic-creation.ts'

type RawConfig = Readonly<Record<string, string>>

/** A connector with its placeholders replaced, whose own configuration was not looked at yet. */
export interface ConnectorRun {
  readonly plugin: SourceConnector | SinkConnector
  readonly resolved: ResolvedConfig
  readonly restart: RestartConfig
  /** Of every secret of the connector. */
  readonly redact: Redact
  /** Of what providers gave alone: REST shows what the user wrote. */
  readonly redactResolved: Redact
  /** The connector's own configuration; throws `ConfigError` when it does not fit. */
  config(): never
  /** The properties of each task, as they are kept and shown: with placeholders. Throws `TooManyTasksError`, and whatever the connector throws. */
  taskConfigs(log: Logger): readonly RawConfig[]
}

/** More tasks than `tasks.max`: trying again would not help. */
export class TooManyTasksError extends ConnectError {
  static override readonly code: string = 'TOO_MANY_TASKS'
}

const placeholder = /\$\{[^}]*?:(?:[^}]*?:)?[^}]*?\}/
const javaClass = /^[\w$]+(?:\.[\w$]+)+$/

/** The plugin that a declaration names. Throws `ConfigError`. */
export function connectorPlugin(props: Props, plugins: WorkerDeps['plugins']): SourceConnector | SinkConnector {
  const type = props['connector.class']
  if (!type) throw new ConfigError('Connector config contains no connector type; set "connector.class"')
  return plugins.find('connector', type).plugin
}

/** Makes a connector ready to start. Rejects when a provider fails or the framework's part of the configuration does not fit. */
export async function openConnector(raw: RawConfig, deps: WorkerDeps): Promise<ConnectorRun> {
  const resolved = await deps.resolver.resolve(raw)
  const { props } = resolved
  const plugin = connectorPlugin(props, deps.plugins)
  const framework = plugin.kind === 'sink' ? sinkConfig.parse(props) : sourceConfig.parse(props)
  // Kafka Connect looks at `topic.creation.*` here and not when it validates.
  if (plugin.kind === 'source') topicMatcher(props, deps.settings['topic.creation.enable'])
  return {
    plugin,
    resolved,
    restart: restartConfig.parse(props),
    redact: redactFor(plugin, resolved, deps),
    redactResolved: redactResolved(resolved),
    // The plugin alone knows its type.
    config: () => plugin.config.parse(props) as never,
    taskConfigs(log) {
      const max = framework['tasks.max']
      const own = differences(plugin, props, max, deps)
      if (own.length > max) tooMany(raw['name'] ?? '', own.length, max, props, log)
      const added = { 'task.class': taskClass(plugin), ...present(raw, ['topics', 'topics.regex']) }
      return own.map((each) => unresolve({ ...present(props, Object.keys(props)), ...each, ...added }, raw))
    },
  }
}

/** What each task's properties have beside the connector's: a sink's tasks are alike, a source divides its work. */
function differences(
  plugin: SourceConnector | SinkConnector,
  props: Props,
  max: number,
  deps: WorkerDeps,
): readonly RawConfig[] {
  const lanes = laneCount(plugin, props, deps)
  if (lanes !== undefined) return Array.from({ length: lanes }, () => ({}))
  if (isEveryWorker(plugin, deps)) return [{}]
  if (plugin.kind === 'sink') return Array.from({ length: max }, () => ({}))
  return (plugin as SourceConnector<never>).taskConfigs?.(plugin.config.parse(props) as never, max) ?? [{}]
}

function tooMany(name: string, count: number, max: number, props: Props, log: Logger): void {
  const what = `The connector ${name} has generated ${count} tasks, which is greater than ${max}, the maximum number of tasks it is configured to create.`
  if ((props['tasks.max.enforce'] ?? 'true').trim().toLowerCase() === 'false') {
    return log.warn({ tasks: count, max }, 'the connector has generated more tasks than tasks.max')
  }
  throw new TooManyTasksError(
    `${what} This behaviour should be considered a bug and is disallowed. If necessary, it can be permitted by reconfiguring the connector with 'tasks.max.enforce' set to false; however, this option will be removed in a future release of Kafka Connect.`,
  )
}

/** As in Kafka Connect: a key whose value the user wrote with a placeholder has that again. */
function unresolve(props: RawConfig, raw: RawConfig): RawConfig {
  const written = Object.entries(raw).filter(([key, value]) => placeholder.test(value) && key in props)
  return { ...props, ...Object.fromEntries(written) }
}

/** Kafka Connect's name of the class for what has one there. */
const taskClass = ({ name, aliases = [] }: SourceConnector | SinkConnector): string =>
  `${(aliases.find((alias) => javaClass.test(alias)) ?? name).replace(/Connector$/, '')}Task`

const present = (props: Props, keys: readonly string[]): RawConfig =>
  Object.fromEntries(keys.flatMap((key) => (typeof props[key] === 'string' ? [[key, props[key]]] : [])))
