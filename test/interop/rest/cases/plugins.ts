import type { Case, Step } from '../case.ts'
import { intoFile, lines } from '../steps.ts'

interface Listed {
  readonly class: string
  readonly type: string
  readonly version: string
}

/** The plugins that Kafka Connect ships; what else a worker has is its own affair. */
const ofKafka = (body: unknown) =>
  (body as readonly Listed[]).filter((each) => each.class.startsWith('org.apache.kafka.'))

/** Keys that only this worker knows stand behind Kafka Connect's and are not compared. */
const own = /^(errors\.restart\.|line\.max\.bytes$)/

interface Info {
  readonly name: string
  readonly order_in_group: number
  readonly group: string | null
}

const infos = (body: unknown) =>
  byName(
    (body as readonly Info[]).filter(({ name }) => !own.test(name)),
    ({ name }) => name,
  )

/** By name, so that one that is missing is one difference; their order apart. */
const byName = <T>(list: readonly T[], nameOf: (item: T) => string) => ({
  order: list.map(nameOf).join(' '),
  ...Object.fromEntries(list.map((item) => [nameOf(item), item])),
})

interface Validated {
  readonly name: string
  readonly error_count: number
  readonly groups: readonly string[]
  readonly configs: readonly { readonly definition: Info | null; readonly value: { readonly name: string } }[]
}

/** What tools draw their forms from; error texts are counted, and compared where a case says so. */
const validated =
  (withTexts: boolean) =>
  (body: unknown): unknown => {
    if (typeof body !== 'object' || body === null || !('configs' in body)) return body
    const { configs, groups, ...rest } = body as Validated
    const kept = configs.filter(({ value }) => !own.test(value.name))
    const told = kept.map(({ definition, value }) => ({
      definition,
      value: withTexts
        ? value
        : { ...value, errors: (value as unknown as { errors: readonly string[] }).errors.length },
    }))
    return {
      ...rest,
      groups: groups.filter((group) => group !== 'Restart'),
      configs: byName(told, ({ value }) => value.name),
    }
  }

const validate = (what: string, body: unknown, { plugin = 'FileStreamSink', texts = true } = {}): Step => ({
  what,
  method: 'PUT',
  path: `/connector-plugins/${plugin}/config/validate`,
  body,
  pick: validated(texts),
})

const sink = (more: Readonly<Record<string, unknown>> = {}) => intoFile({ name: '{p}', ...more })
const source = (more: Readonly<Record<string, unknown>> = {}) => lines({ name: '{p}', ...more })

const transform = 'org.apache.kafka.connect.transforms'
const configOf = (plugin: string): Step => ({ path: `/connector-plugins/${plugin}/config`, pick: infos })
const transformations = [
  ...[
    'Cast',
    'ExtractField',
    'Flatten',
    'HeaderFrom',
    'HoistField',
    'InsertField',
    'MaskField',
    'ReplaceField',
    'SetSchemaMetadata',
    'TimestampConverter',
  ].flatMap((name) => [`${name}$Key`, `${name}$Value`]),
  ...['DropHeaders', 'Filter', 'InsertHeader', 'RegexRouter', 'TimestampRouter', 'ValueToKey'],
  ...['HasHeaderKey', 'RecordIsTombstone', 'TopicNameMatches'].map((name) => `predicates.${name}`),
].map((name) => `${transform}.${name}`)
const converters = [
  ...['Boolean', 'ByteArray', 'Double', 'Float', 'Integer', 'Long', 'Short'].map(
    (name) => `org.apache.kafka.connect.converters.${name}Converter`,
  ),
  'org.apache.kafka.connect.json.JsonConverter',
  'org.apache.kafka.connect.storage.StringConverter',
  'org.apache.kafka.connect.storage.SimpleHeaderConverter',
]

/** What can run here, and whether a declaration would. */
export const pluginCases: readonly Case[] = [
  {
    name: 'plugins',
    steps: [
      { path: '/connector-plugins', pick: ofKafka },
      { path: '/connector-plugins?connectorsOnly=false', pick: ofKafka },
      { path: '/connector-plugins?connectorsOnly=TRUE', pick: ofKafka },
      {
        what: 'any other word is false',
        path: '/connector-plugins?connectorsOnly=no',
        pick: (body) => ofKafka(body).length,
      },
    ],
  },
  {
    name: 'configuration of plugins',
    steps: [
      ...['FileStreamSink', 'FileStreamSourceConnector', 'org.apache.kafka.connect.file.FileStreamSinkConnector'].map(
        configOf,
      ),
      ...transformations.map(configOf),
      ...converters.map(configOf),
      { ...configOf('JsonConverter'), what: 'by simple name' },
      { ...configOf('Json'), what: 'by alias' },
      { what: 'an inner class by simple name', path: '/connector-plugins/Cast$Value/config' },
      { what: 'unknown', path: '/connector-plugins/no.Such/config', message: true },
      { what: 'no plugin', path: '/connector-plugins/java.lang.String/config' },
      { what: 'version', path: '/connector-plugins/FileStreamSink/config?version=4.3.1', pick: infos },
      { what: 'latest version', path: '/connector-plugins/FileStreamSink/config?version=latest', pick: infos },
      { what: 'unknown version', path: '/connector-plugins/FileStreamSink/config?version=9.9' },
    ],
  },
  {
    name: 'validate a sink',
    steps: [
      validate('good', sink()),
      validate(
        'by its full name',
        sink({ 'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector' }),
      ),
      validate('no name', { 'connector.class': 'FileStreamSink', topics: 't' }),
      validate('no topics', sink({ topics: '' })),
      validate('two kinds of topics', sink({ 'topics.regex': 'x' })),
      validate('a bad expression', sink({ topics: '', 'topics.regex': '(' }), { texts: false }),
      validate(
        'numbers that are none',
        sink({ 'tasks.max': 'x', 'errors.retry.timeout': 'y', 'errors.log.enable': 'maybe' }),
      ),
      validate('numbers out of range', sink({ 'tasks.max': '0', 'errors.retry.delay.max.ms': '-2' })),
      validate('unknown tolerance', sink({ 'errors.tolerance': 'some' })),
      validate('dead letters among topics', sink({ 'errors.deadletterqueue.topic.name': '{p}' })),
      validate(
        'dead letters that match',
        sink({ topics: '', 'topics.regex': '{p}.*', 'errors.deadletterqueue.topic.name': '{p}-dlq' }),
      ),
      validate('unknown keys', sink({ 'no.such.key': '1' })),
      validate('null', sink({ 'no.such.key': null })),
      validate('another connector', { ...sink(), 'connector.class': 'FileStreamSource' }),
      validate('no class', { topics: 't' }),
      validate('unknown class', { 'connector.class': 'no.Such' }),
      validate('plugin by another name', sink(), { plugin: 'FileStreamSinkConnector' }),
      validate('unknown plugin', { 'connector.class': 'no.Such' }, { plugin: 'no.Such' }),
      validate('the group of a worker', sink({ 'consumer.override.group.id': 'other' })),
    ],
  },
  {
    name: 'validate a source',
    steps: [
      validate('good', source(), { plugin: 'FileStreamSource' }),
      validate('missing topic', { name: '{p}', 'connector.class': 'FileStreamSource' }, { plugin: 'FileStreamSource' }),
      validate('empty topic', source({ topic: '' }), { plugin: 'FileStreamSource' }),
      validate('batch size', source({ 'batch.size': 'x' }), { plugin: 'FileStreamSource' }),
      validate(
        'topic creation',
        source({
          'topic.creation.default.partitions': '1',
          'topic.creation.default.replication.factor': '1',
          'topic.creation.groups': 'a',
          'topic.creation.a.include': 'x',
        }),
        { plugin: 'FileStreamSource' },
      ),
      validate('exactly once words', source({ 'exactly.once.support': 'maybe', 'transaction.boundary': 'never' }), {
        plugin: 'FileStreamSource',
      }),
      validate('producer override', source({ 'producer.override.linger.ms': '5' }), {
        plugin: 'FileStreamSource',
        texts: false,
      }),
    ],
  },
  {
    name: 'validate transformations',
    steps: [
      validate(
        'one',
        sink({ transforms: 'a', 'transforms.a.type': `${transform}.HoistField$Value`, 'transforms.a.field': 'line' }),
      ),
      validate(
        'with a predicate',
        sink({
          transforms: 'a',
          'transforms.a.type': `${transform}.Filter`,
          'transforms.a.predicate': 'p',
          'transforms.a.negate': 'true',
          predicates: 'p',
          'predicates.p.type': `${transform}.predicates.TopicNameMatches`,
          'predicates.p.pattern': 'x',
        }),
      ),
      validate('missing option', sink({ transforms: 'a', 'transforms.a.type': `${transform}.HoistField$Value` })),
      validate('missing type', sink({ transforms: 'a' }), { texts: false }),
      validate('unknown type', sink({ transforms: 'a', 'transforms.a.type': 'no.Such' }), { texts: false }),
      validate('no transformation', sink({ transforms: 'a', 'transforms.a.type': 'java.lang.String' }), {
        texts: false,
      }),
      validate(
        'unknown predicate',
        sink({ transforms: 'a', 'transforms.a.type': `${transform}.Filter`, 'transforms.a.predicate': 'q' }),
        { texts: false },
      ),
      validate('twice', sink({ transforms: 'a,a', 'transforms.a.type': `${transform}.Filter` }), { texts: false }),
      validate('a predicate without type', sink({ predicates: 'p' }), { texts: false }),
      validate(
        'every transformation',
        sink({
          transforms: transformations
            .filter((name) => !name.includes('predicates'))
            .map((_, index) => `t${index}`)
            .join(','),
          ...Object.fromEntries(
            transformations
              .filter((name) => !name.includes('predicates'))
              .map((name, index) => [`transforms.t${index}.type`, name]),
          ),
        }),
        { texts: false },
      ),
    ],
  },
  {
    name: 'validate converters',
    steps: [
      validate('json', sink({ 'value.converter': 'org.apache.kafka.connect.json.JsonConverter' })),
      validate(
        'json options',
        sink({
          'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
          'value.converter.schemas.enable': 'perhaps',
          'value.converter.decimal.format': 'OCTAL',
        }),
        { texts: false },
      ),
      validate(
        'key and headers',
        sink({
          'key.converter': 'org.apache.kafka.connect.converters.LongConverter',
          'header.converter': 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
        }),
      ),
      validate('unknown', sink({ 'value.converter': 'no.Such' }), { texts: false }),
      validate('no converter', sink({ 'value.converter': 'java.lang.String' }), { texts: false }),
    ],
  },
]

/** Log levels over REST. */
export const loggerCases: readonly Case[] = [
  {
    name: 'loggers',
    steps: [
      { path: '/admin/loggers', pick: (body) => Object.keys(body as object).includes('root') },
      { path: '/admin/loggers/root' },
      { what: 'unknown', path: '/admin/loggers/no.such.{p}', message: true },
      { what: 'level', method: 'PUT', path: '/admin/loggers/root', body: { level: 'warn' }, pick: Array.isArray },
      { what: 'read back', path: '/admin/loggers/root' },
      { what: 'the same again', method: 'PUT', path: '/admin/loggers/root', body: { level: 'WARN' } },
      { what: 'a new one', method: 'PUT', path: '/admin/loggers/a.{p}', body: { level: 'DEBUG' } },
      { what: 'a child of it', method: 'PUT', path: '/admin/loggers/a.{p}.b', body: { level: 'ERROR' } },
      { what: 'parent and child', method: 'PUT', path: '/admin/loggers/a.{p}', body: { level: 'TRACE' } },
      { what: 'the child', path: '/admin/loggers/a.{p}.b' },
      { what: 'off', method: 'PUT', path: '/admin/loggers/a.{p}', body: { level: 'off' } },
      { what: 'no such level', method: 'PUT', path: '/admin/loggers/root', body: { level: 'BOGUS' }, message: true },
      { what: 'no level', method: 'PUT', path: '/admin/loggers/root', body: {}, message: true },
      { what: 'scope worker', method: 'PUT', path: '/admin/loggers/a.{p}?scope=worker', body: { level: 'INFO' } },
      { what: 'scope cluster', method: 'PUT', path: '/admin/loggers/a.{p}?scope=cluster', body: { level: 'WARN' } },
      { what: 'scope unknown', method: 'PUT', path: '/admin/loggers/a.{p}?scope=galaxy', body: { level: 'INFO' } },
      { what: 'back', method: 'PUT', path: '/admin/loggers/root', body: { level: 'INFO' }, pick: Array.isArray },
    ],
  },
]
