import fc from 'fast-check'

/** A record of the config topic: JSON text, null for a tombstone. */
export interface ConfigLine {
  readonly key: string
  readonly value: string | null
}

const line = (key: string, value: unknown): ConfigLine => ({ key, value: JSON.stringify(value) })

/** Names that end as task numbers do, and begin as other names. */
const name = fc.constantFrom('c', 'c-1', 'd-', 'ü x')
const config = fc.dictionary(
  fc.constantFrom('a', 'b.c', '__proto__', 'ü'),
  fc.constantFrom('', '1', '${file:a:b}', '"'),
  {
    maxKeys: 2,
  },
)
const count = fc.integer({ min: 0, max: 3 })
const text = fc.constantFrom('', 'DEBUG', 'x')

/** What a leader writes at once: a set of tasks whole, or cut short by its end. */
const set = fc
  .record({ name, configs: fc.array(config, { maxLength: 3 }), cut: fc.option(fc.nat(4), { freq: 4 }) })
  .map(({ name: of, configs, cut }) =>
    [
      ...configs.map((properties, task) => line(`task-${of}-${task}`, { properties })),
      line(`commit-${of}`, { tasks: configs.length }),
    ].slice(0, cut ?? undefined),
  )

const target = fc.constantFrom('STARTED', 'PAUSED', 'STOPPED', 'OTHER', 5, null)
const connector = fc
  .record({ name, properties: config })
  .map(({ name: of, properties }) => line(`connector-${of}`, { properties }))
const single = fc.oneof(
  connector,
  fc
    .record({ name, state: target, v2: fc.option(target, { nil: undefined }) })
    .map(({ name: of, state, v2 }) => line(`target-state-${of}`, { state, 'state.v2': v2 })),
  fc.record({ name, count }).map(({ name: of, count: tasks }) => line(`commit-${of}`, { tasks })),
  fc
    .record({ name, count, properties: config })
    .map(({ name: of, count: task, properties }) => line(`task-${of}-${task}`, { properties })),
  fc.record({ name, count }).map(({ name: of, count: n }) => line(`tasks-fencing-${of}`, { 'task-count': n })),
  fc
    .record({ name, a: fc.constantFrom(true, false, 'true', undefined), b: fc.boolean() })
    .map(({ name: of, a, b }) => line(`restart-connector-${of}`, { 'include-tasks': a, 'only-failed': b })),
  fc.record({ text, level: text }).map(({ text: of, level }) => line(`logger-cluster-${of}`, { level })),
  fc
    .record({ key: fc.constantFrom('a2V5', 'a2V5MQ==', 'a2V5MQ'), at: fc.constantFrom(1, 2 ** 41, '5', 1.5), text })
    .map(({ key, at, text: more }) =>
      line('session-key', { key, algorithm: `HmacSHA256${more}`, 'creation-timestamp': at }),
    ),
)
const removal = name.map((of): readonly ConfigLine[] => [
  { key: `connector-${of}`, value: null },
  { key: `target-state-${of}`, value: null },
])

const prefixes = [
  'connector-',
  'target-state-',
  'task-',
  'commit-',
  'tasks-fencing-',
  'restart-connector-',
  'logger-cluster-',
]
const key = fc.oneof(
  fc.tuple(fc.constantFrom(...prefixes), name).map((parts) => parts.join('')),
  fc.constantFrom(
    'session-key',
    'session-key-2',
    '',
    'task-',
    'task-c-',
    'task--1',
    'task-c-1-',
    'task-c-+1',
    'task-c--1',
  ),
)
/** Values that Kafka Connect passes over; a `tasks` or `task-count` that is no integer ends it instead, and is not here. */
const odd = fc.constantFrom(
  'null',
  '[]',
  '5',
  '"x"',
  '{}',
  '{',
  '{"properties":[]}',
  '{"properties":{}}',
  '{"level":5}',
)
const oddLine = fc
  .record({ key, value: fc.option(odd, { nil: null }) })
  .filter(({ key: of, value }) => !(/^(commit|tasks-fencing)-/.test(of) && value?.startsWith('{"') === true))
  .filter(({ key: of, value }) => !(/^(commit|tasks-fencing)-/.test(of) && value === '{}'))

/** Logs as leaders write them and as nobody would; most of them of connectors that there are. */
export const configLogs: fc.Arbitrary<readonly ConfigLine[]> = fc
  .tuple(
    fc.array(connector, { maxLength: 3, size: 'max' }),
    fc.array(
      fc.oneof(
        { arbitrary: single.map((each) => [each]), weight: 6 },
        { arbitrary: set, weight: 4 },
        { arbitrary: removal, weight: 1 },
        { arbitrary: oddLine.map((each) => [each]), weight: 2 },
      ),
      { maxLength: 30, size: 'max' },
    ),
  )
  .map(([first, parts]) => [...first, ...parts.flat()])
