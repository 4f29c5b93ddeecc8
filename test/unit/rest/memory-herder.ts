import {
  AlreadyExistsError,
  type AlteredOffset,
  BadRequestError,
  ConfigError,
  defineConfig,
  NotFoundError,
  type Plugin,
  type Props,
} from '#api'
import type {
  ConnectorState,
  ConnectorStateInfo,
  Herder,
  LoggerLevel,
  PluginInfo,
  TargetState,
  TaskId,
  TaskState,
  Validation,
} from '../../../src/herder/herder.ts'
import { nearest } from '../../../src/util/nearest.ts'

const sink = {
  kind: 'sink',
  name: 'MemorySink',
  aliases: ['org.example.MemorySinkConnector'],
  version: '1.2.3',
  doc: 'Keeps nothing.',
  config: defineConfig({
    name: { type: 'string', importance: 'high', doc: 'The name.', group: 'Common' },
    'connector.class': { type: 'class', importance: 'high', doc: 'The class.', group: 'Common', width: 'long' },
    'tasks.max': { type: 'int', importance: 'high', doc: 'Tasks.', default: 1, group: 'Common' },
    topics: { type: 'list', importance: 'high', doc: 'Topics.', default: [], dependents: ['tasks.max'] },
    token: { type: 'password', importance: 'low', doc: 'A token.', default: null, group: 'Security' },
    mode: { type: 'string', importance: 'low', doc: 'A mode.', default: 'a', values: ['a', 'b'], displayName: 'Mode' },
  }),
} as const satisfies Plugin

const others: readonly PluginInfo[] = [
  { class: 'MemorySource', type: 'source', version: '1.2.3' },
  { class: 'SimpleHeaderConverter', type: 'header_converter', version: '1.0.0' },
  { class: 'JsonConverter', type: 'converter', version: '1.0.0' },
  { class: 'Filter', type: 'transformation', version: '1.0.0' },
]

interface Entry {
  config: Record<string, string>
  target: TargetState
  offsets: readonly AlteredOffset[]
  topics: readonly string[]
}

const shown: Record<TargetState, ConnectorState> = { STARTED: 'RUNNING', PAUSED: 'PAUSED', STOPPED: 'STOPPED' }

const restarting = <T extends object>(part: T) => ({ ...part, state: 'RESTARTING' as const })

/** A herder that runs nothing, for the tests of REST alone. */
export function memoryHerder(overrides: Partial<Herder> = {}): Herder {
  const entries = new Map<string, Entry>()
  const entryOf = (name: string): Entry => {
    const entry = entries.get(name)
    if (!entry) throw new NotFoundError(`Connector ${name} not found`)
    return entry
  }
  const worker = { worker_id: '127.0.0.1:8083', version: sink.version }
  const tasksOf = (name: string): TaskState[] =>
    entryOf(name).target === 'STOPPED' ? [] : [{ id: 0, state: shown[entryOf(name).target], ...worker }]
  const taskOf = ({ connector, task }: TaskId): TaskState => {
    const state = tasksOf(connector)[task]
    if (!state) throw new NotFoundError(`Unknown task: ${connector}-${task}`)
    return state
  }
  const infoOf = (name: string) => ({
    name,
    config: entryOf(name).config,
    tasks: tasksOf(name).map(({ id }) => ({ connector: name, task: id })),
    type: 'sink' as const,
  })
  const stateOf = (name: string): ConnectorStateInfo => ({
    name,
    connector: { state: shown[entryOf(name).target], ...worker },
    tasks: tasksOf(name),
    type: 'sink',
  })
  const pluginOf = (plugin: string, version = 'latest'): Plugin => {
    if (plugin !== sink.name && !sink.aliases.some((alias) => alias === plugin))
      throw new NotFoundError(`Unknown plugin ${plugin}.`)
    if (version === 'latest' || version === sink.version) return sink
    throw new BadRequestError(
      `Plugin ${sink.name} not found that matches the version range [${version},${version}], available versions: [${sink.version}]`,
    )
  }
  const put = (name: string, config: Props, initialState: TargetState) => {
    if (!config['connector.class']) throw new BadRequestError('Connector config contains no connector type')
    pluginOf(config['connector.class'])
    const { keys, warnings } = validate(config)
    const errors = keys.flatMap((key) => key.errors)
    if (errors.length > 0) {
      const count = `Connector configuration is invalid and contains the following ${errors.length} error(s):`
      throw new ConfigError(`${count}\n${errors.join('\n')}`, { context: { errors } })
    }
    const topics = config['topics']?.split(',') ?? []
    const { target = initialState, offsets = [] } = entries.get(name) ?? {}
    entries.set(name, { config: config as Record<string, string>, target, offsets, topics })
    return warnings
  }
  const stoppedEntry = (name: string): Entry => {
    const entry = entryOf(name)
    if (entry.target === 'STOPPED') return entry
    throw new BadRequestError(
      `Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified connector by issuing a 'PUT' request to the '/connectors/${name}/stop' endpoint`,
    )
  }
  const levels = new Map<string, LoggerLevel>([['root', { level: 'INFO', last_modified: null }]])
  const validate = (props: Props): Validation => ({
    keys: sink.config.validate(props).map(({ name, recommendedValues, errors }, index) => ({
      name,
      definition: { key: sink.config.keys[name as keyof typeof sink.config.keys], order: index + 1 },
      value: props[name] ?? null,
      recommendedValues,
      errors,
    })),
    warnings: Object.keys(props)
      .filter((name) => !(name in sink.config.keys))
      .map((name) => {
        const near = nearest(name, Object.keys(sink.config.keys))
        return `Unknown property "${name}"${near === undefined ? '' : `; the nearest known one is "${near}"`}`
      }),
  })

  return {
    serverInfo: async () => ({ version: '4.3.1', commit: 'abc', kafka_cluster_id: 'cluster' }),
    connectors: async () => [...entries.keys()],
    readers: async () => [],
    internal: undefined,
    connectorInfo: async (name) => infoOf(name),
    connectorConfig: async (name) => entryOf(name).config,
    connectorState: async (name) => stateOf(name),
    tasks: async (name) => infoOf(name).tasks.map((id) => ({ id, config: { 'task.class': 'MemoryTask' } })),
    taskState: async (id) => taskOf(id),
    async putConnector(name, config, { replace, initialState = 'STARTED' }) {
      if (name === '') throw new ConfigError('String may not be empty')
      if (!replace && entries.has(name)) throw new AlreadyExistsError(`Connector ${name} already exists`)
      const created = !entries.has(name)
      const warnings = put(name, config, initialState)
      return { created, info: infoOf(name), warnings }
    },
    async patchConnector(name, patch) {
      const merged = Object.entries({ ...entryOf(name).config, ...patch }).filter(([, value]) => value !== null)
      const warnings = put(name, Object.fromEntries(merged), 'STARTED')
      return { info: infoOf(name), warnings }
    },
    async deleteConnector(name) {
      entryOf(name)
      entries.delete(name)
    },
    async setTargetState(name, state) {
      entryOf(name).target = state
    },
    async restartConnector(name, { includeTasks, onlyFailed }) {
      const state = stateOf(name)
      if (onlyFailed) return state
      const tasks = includeTasks ? state.tasks.map(restarting) : state.tasks
      return { ...state, connector: restarting(state.connector), tasks }
    },
    async restartTask(id) {
      taskOf(id)
    },
    topics: async (name) => entries.get(name)?.topics ?? [],
    async resetTopics(name) {
      const entry = entries.get(name)
      if (entry) entry.topics = []
    },
    offsets: async (name) => entryOf(name).offsets,
    async alterOffsets(name, offsets) {
      stoppedEntry(name).offsets = offsets.filter(({ offset }) => offset !== null)
      return 'The offsets for this connector have been altered successfully'
    },
    async resetOffsets(name) {
      stoppedEntry(name).offsets = []
      return 'The offsets for this connector have been reset successfully'
    },
    loggers: () => Object.fromEntries(levels),
    logger(name) {
      const level = levels.get(name)
      if (!level) throw new NotFoundError(`Logger ${name} not found.`)
      return level
    },
    async setLogger(name, level, scope) {
      if (!/^(TRACE|DEBUG|INFO|WARN|ERROR|FATAL|OFF)$/i.test(level))
        throw new NotFoundError(`invalid log level '${level}'.`)
      const isNew = levels.get(name)?.level !== level.toUpperCase()
      if (isNew) levels.set(name, { level: level.toUpperCase(), last_modified: 1 })
      return scope === 'cluster' ? undefined : isNew ? [name] : []
    },
    async health(name) {
      const { target } = entryOf(name)
      const of = (state: TargetState) => (target === state ? 1 : 0)
      return {
        status: ({ STARTED: 'healthy', PAUSED: 'paused', STOPPED: 'stopped' } as const)[target],
        message: 'As it was asked.',
        tasks: { running: of('STARTED'), failed: 0, paused: of('PAUSED'), other: 0 },
        restarts: { count: 0, nextAt: null },
      }
    },
    preview: async (_props, { limit }) => ({
      records: Array.from({ length: Math.min(limit, 20) }, (_, offset) => ({
        origin: { topic: 't', partition: 0, offset: String(offset) },
        stages: [
          { stage: 'value.converter', class: 'X', records: [{ topic: 't', key: null, value: { n: 1 }, headers: [] }] },
        ],
      })),
      warnings: [],
    }),
    plugins: (connectorsOnly) => [
      ...others.filter(({ type }) => !connectorsOnly || type === 'source'),
      { class: sink.name, type: 'sink', version: sink.version },
    ],
    validate: async (_, props) => validate(props),
    pluginConfig: pluginOf,
    ...overrides,
  }
}
