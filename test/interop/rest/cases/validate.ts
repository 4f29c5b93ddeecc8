import type { Case, Step } from '../case.ts'
import { beyondKafka, errorsOf, validated } from '../picks.ts'
import { converters, transform, transformations } from '../shipped.ts'
import { intoFile, lines } from '../steps.ts'

const validate = (what: string, body: unknown, { plugin = 'FileStreamSink', texts = true } = {}): Step => ({
  what,
  method: 'PUT',
  path: `/connector-plugins/${plugin}/config/validate`,
  body,
  pick: validated(texts),
})

const sink = (more: Readonly<Record<string, unknown>> = {}) => intoFile({ name: '{p}', ...more })
const source = (more: Readonly<Record<string, unknown>> = {}) => lines({ name: '{p}', ...more })

const json = 'org.apache.kafka.connect.json.JsonConverter'

/** The properties that chain transformations, as `t0`, `t1` and so on. */
const chain = (types: readonly string[]): Readonly<Record<string, string>> => ({
  transforms: types.map((_, index) => `t${index}`).join(','),
  ...Object.fromEntries(types.map((type, index) => [`transforms.t${index}.type`, type])),
})

/** What `validate` says of declarations. */
export const validateCases: readonly Case[] = [
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
      validate('a version that is there', sink({ 'connector.plugin.version': '[4.0,5.0)' })),
      { ...validate('a version that is not there', sink({ 'connector.plugin.version': '9.9' })), pick: errorsOf },
      { ...validate('a version that is none', sink({ 'connector.plugin.version': '[1' })), pick: errorsOf },
      validate('a name that is empty', sink({ name: '' })),
      validate('control characters in a name', sink({ name: 'a\u0001' })),
      validate('reload', sink({ 'config.action.reload': 'sometimes' })),
      validate('clients', sink({ 'consumer.override.max.poll.records': '5', 'consumer.override.no.such': '1' })),
      {
        ...validate('a number of a client that is none', sink({ 'consumer.override.max.poll.records': 'many' })),
        pick: errorsOf,
      },
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
    name: 'what else can be chosen',
    steps: [{ ...validate('beyond Kafka Connect', sink({ transforms: 'a', predicates: 'p' })), pick: beyondKafka }],
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
      validate('missing expression', sink({ transforms: 'a', 'transforms.a.type': `${transform}.RegexRouter` })),
      validate('missing type', sink({ transforms: 'a' }), { texts: false }),
      validate('unknown type', sink({ transforms: 'a', 'transforms.a.type': 'no.Such' }), { texts: false }),
      validate('a plugin of another kind', sink({ transforms: 'a', 'transforms.a.type': converters[7] }), {
        texts: false,
      }),
      validate('a class of Java', sink({ transforms: 'a', 'transforms.a.type': 'java.lang.String' }), { texts: false }),
      validate(
        'unknown predicate',
        sink({ transforms: 'a', 'transforms.a.type': `${transform}.Filter`, 'transforms.a.predicate': 'q' }),
        { texts: false },
      ),
      validate(
        'negate without predicate',
        sink({
          transforms: 'a',
          'transforms.a.type': `${transform}.Filter`,
          'transforms.a.negate': 'true',
        }),
      ),
      validate('twice', sink({ transforms: 'a,a', 'transforms.a.type': `${transform}.Filter` }), { texts: false }),
      validate('a predicate without type', sink({ predicates: 'p' }), { texts: false }),
      validate(
        'every transformation',
        sink({
          ...chain(transformations.filter((name) => !name.includes('.predicates.') && !name.endsWith('RegexRouter'))),
        }),
        { texts: false },
      ),
      {
        ...validate(
          'values that are none',
          sink({
            ...chain(
              [
                'Cast$Key',
                'HeaderFrom$Key',
                'MaskField$Key',
                'TimestampConverter$Key',
                'DropHeaders',
                'RegexRouter',
                'ValueToKey',
                'ReplaceField$Value',
              ].map((name) => `${transform}.${name}`),
            ),
            'transforms.t0.spec': 'x:bogus',
            'transforms.t0.replace.null.with.default': 'maybe',
            'transforms.t1.fields': 'a',
            'transforms.t1.headers': '',
            'transforms.t1.operation': 'steal',
            'transforms.t2.fields': '',
            'transforms.t3.target.type': 'moon',
            'transforms.t3.unix.precision': 'years',
            'transforms.t4.headers': 'a,a',
            'transforms.t5.regex': '(',
            'transforms.t5.replacement': 'x',
            'transforms.t6.fields': '',
            'transforms.t7.renames': 'a',
          }),
        ),
        pick: errorsOf,
      },
      {
        ...validate(
          'values of predicates that are none',
          sink({
            predicates: 'p,q,r',
            'predicates.p.type': `${transform}.predicates.TopicNameMatches`,
            'predicates.p.pattern': '(',
            'predicates.q.type': `${transform}.predicates.HasHeaderKey`,
            'predicates.r.type': `${transform}.predicates.HasHeaderKey`,
            'predicates.r.name': '',
          }),
        ),
        pick: errorsOf,
      },
    ],
  },
  {
    name: 'validate converters',
    steps: [
      validate('json', sink({ 'value.converter': json })),
      {
        ...validate(
          'json options',
          sink({
            'value.converter': json,
            'value.converter.schemas.enable': 'perhaps',
            'value.converter.decimal.format': 'OCTAL',
          }),
        ),
        pick: errorsOf,
      },
      ...converters
        .filter((name) => !name.endsWith('.SimpleHeaderConverter'))
        .map((name) => validate(`${name.split('.').at(-1)}`, sink({ 'key.converter': name }))),
      validate('headers', sink({ 'header.converter': 'org.apache.kafka.connect.storage.SimpleHeaderConverter' })),
      validate('unknown', sink({ 'value.converter': 'no.Such' }), { texts: false }),
      validate('a plugin of another kind', sink({ 'value.converter': `${transform}.Filter` }), { texts: false }),
      validate('a class of Java', sink({ 'value.converter': 'java.lang.String' }), { texts: false }),
    ],
  },
]
