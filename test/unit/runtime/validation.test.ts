import { expect, test } from 'vitest'
import { errorCount } from '../../../src/runtime/validated-key.ts'
import { refuseInvalid } from '../../../src/runtime/validation.ts'
import { sink, smt, source, validate } from './plugins.ts'

const worker = { 'value.converter': 'org.apache.kafka.connect.storage.StringConverter' }
const errorsOf = (props: Record<string, string | null>, context = {}) =>
  validate(props, context).keys.flatMap(({ name, errors }) => errors.map((error) => [name, error]))
const key = (props: Record<string, string | null>, name: string, context = {}) =>
  validate(props, context).keys.find((each) => each.name === name)

test('a sound declaration has no error and no warning', () => {
  for (const props of [sink, source]) {
    expect(errorsOf(props)).toEqual([])
    expect(validate(props).warnings).toEqual([])
  }
})

test('keys come in Kafka Connect’s order: framework, transformations, predicates, the connector’s, clients, converters', () => {
  const names = validate({
    ...sink,
    transforms: 'a',
    'transforms.a.type': `${smt}RegexRouter`,
    'transforms.a.regex': 'x',
    'transforms.a.replacement': 'y',
    predicates: 'p',
    'predicates.p.type': `${smt}predicates.RecordIsTombstone`,
    'value.converter': 'StringConverter',
    'consumer.override.max.poll.records': '7',
  }).keys.map(({ name }) => name)
  expect(names.slice(0, 5)).toEqual([
    'name',
    'connector.class',
    'connector.plugin.version',
    'tasks.max',
    'tasks.max.enforce',
  ])
  expect(names.slice(names.indexOf('transforms.a.type'))).toEqual([
    'transforms.a.type',
    'transforms.a.plugin.version',
    'transforms.a.regex',
    'transforms.a.replacement',
    'transforms.a.negate',
    'transforms.a.predicate',
    'predicates.p.type',
    'predicates.p.plugin.version',
    'file',
    'consumer.override.max.poll.records',
    'value.converter.converter.type',
    'value.converter.converter.encoding',
  ])
})

test('facts of a transformation’s key are those of Kafka Connect', () => {
  const props = { ...sink, transforms: 'a', 'transforms.a.type': `${smt}ExtractField$Key`, 'transforms.a.field': 'f' }
  expect(key(props, 'transforms.a.type')?.definition).toMatchObject({
    order: 0,
    key: { group: 'Transforms: a', displayName: 'Transformation type for a', width: 'long' },
  })
  expect(key(props, 'transforms.a.field')?.definition).toMatchObject({
    order: 2,
    key: { group: 'Transforms: a', displayName: 'field' },
  })
  expect(key(props, 'transforms.a.on')).toBeUndefined()
})

test('the worker’s converter is the default, values are printed as they were understood', () => {
  const context = { workerProps: worker }
  expect(key(sink, 'value.converter', context)?.value).toBe(worker['value.converter'])
  expect(key({ ...sink, 'tasks.max': ' +7 ', topics: ' a , b ' }, 'tasks.max')?.value).toBe('7')
  expect(key({ ...sink, topics: ' a , b ' }, 'topics')?.value).toBe('a,b')
  expect(key(sink, 'connector.plugin.version')?.value).toBe(key(sink, 'connector.plugin.version')?.recommendedValues[0])
})

test.each([
  [{ topics: null }, 'topics', 'Null value can not be supplied as the configuration value.'],
  [{ zzz: null }, 'zzz', 'Null value can not be supplied as the configuration value.'],
  [{ name: 'a\u0001b' }, 'name', 'String may not contain control sequences but had the following ASCII chars: 1'],
  [{ topics: 'a,a' }, 'topics', "Configuration 'topics' values must not be duplicated."],
  [{ transforms: 'a,a' }, 'transforms', 'Invalid value [a, a] for configuration transforms: Duplicate alias provided.'],
  [
    { transforms: 'a' },
    'transforms.a.type',
    'Missing required configuration "transforms.a.type" which has no default value.',
  ],
  [
    { transforms: 'a', 'transforms.a.type': 'RegexRouterr' },
    'transforms.a.type',
    'Invalid value RegexRouterr for configuration transforms.a.type: Class RegexRouterr could not be found. Did you mean ',
  ],
  [
    { transforms: 'a', 'transforms.a.type': 'StringConverter' },
    'transforms.a.type',
    'Class StringConverter does not implement the Transformation interface',
  ],
  [
    { transforms: 'a', 'transforms.a.type': `${smt}Filter`, 'transforms.a.negate': 'true' },
    'transforms.a.type',
    "Config 'transforms.a.negate' was provided but there is no config 'transforms.a.predicate' defining a predicate to be negated.",
  ],
  [
    {
      transforms: 'a',
      'transforms.a.type': `${smt}Filter`,
      'transforms.a.predicate': 'pp',
      predicates: 'p',
      'predicates.p.type': `${smt}predicates.RecordIsTombstone`,
    },
    'transforms.a.predicate',
    'Invalid value pp for configuration transforms.a.predicate: "predicates" does not list it; it lists p. Did you mean p?',
  ],
  [
    { 'value.converter': 'no.Such' },
    'value.converter',
    'Invalid value no.Such for configuration value.converter: Class no.Such could not be found.',
  ],
  [
    { 'errors.deadletterqueue.topic.name': 't' },
    'topics',
    "The DLQ topic 't' may not be included in the list of topics ('topics=[t]') consumed by the connector",
  ],
  [
    { 'errors.deadletterqueue.topic.name': 'd', 'producer.override.linger.ms': 'x' },
    'producer.override.linger.ms',
    'Invalid value x for configuration producer.override.linger.ms: Not a number of type LONG',
  ],
])('%j is a mistake of %s', (wrong, name, error) => {
  const errors = errorsOf({ ...sink, ...wrong })
  expect(errors.filter(([at]) => at === name).map(([, text]) => text)).toEqual(
    expect.arrayContaining([expect.stringContaining(error)]),
  )
})

test('errors are counted as Kafka Connect counts them', () => {
  const count = (wrong: Record<string, string | null>) => errorCount(validate({ ...sink, ...wrong }).keys)
  expect(count({ 'tasks.max': 'x' })).toBe(2)
  expect(count({ topics: '' })).toBe(2)
  expect(count({ 'topics.regex': 'x' })).toBe(2)
  expect(count({ 'errors.retry.timeout': 'x' })).toBe(1)
  expect(() => refuseInvalid(validate({ ...sink, 'tasks.max': 'x' }))).toThrow(/contains the following 2 error\(s\):\n/)
})

test('a version that the worker does not have is refused on both keys', () => {
  const errors = errorsOf({ ...sink, 'connector.plugin.version': '[98,99)' })
  expect(errors.map(([name]) => name)).toEqual(['connector.class', 'connector.plugin.version'])
  expect(errors[0]?.[1]).toMatch(/not found that matches the version range \[98,99\), available versions: \[.+\]/)
  expect(errorsOf({ ...sink, 'connector.plugin.version': '[0,99)' })).toEqual([])
})

test('the policy of the worker is asked for each override', () => {
  const props = { ...sink, 'consumer.override.max.poll.records': '7', 'consumer.override.client.id': 'x' }
  expect(errorsOf(props)).toEqual([])
  const context = { workerProps: { 'connector.client.config.override.policy': 'None' } }
  expect(errorsOf(props, context).map(([name]) => name)).toEqual([
    'consumer.override.max.poll.records',
    'consumer.override.client.id',
  ])
})

test('a consumer group may not be the worker’s', () => {
  const context = { workerProps: { 'group.id': 'g' } }
  expect(errorsOf({ ...sink, 'consumer.override.group.id': 'g' }, context)).toEqual([
    ['consumer.override.group.id', 'Consumer group g conflicts with Connect worker group g'],
  ])
  expect(errorsOf({ ...sink, name: 'c' }, { workerProps: { 'group.id': 'connect-c' } })).toEqual([
    ['name', 'Consumer group for sink connector named c conflicts with Connect worker group connect-c'],
  ])
})

test('what a provider gave is shown as it was written, in values and in errors', () => {
  const raw = { ...sink, 'tasks.max': '${file:/s:count}', topics: 'a,${env:TOPIC}', file: '${file:/s:path}' }
  const props = { ...raw, 'tasks.max': 'hunter2', topics: 'a,secret,secret', file: '/very/secret' }
  const { keys } = validate(props, { raw, resolved: new Set(['tasks.max', 'topics', 'file']) })
  expect(JSON.stringify(keys)).not.toMatch(/hunter2|secret/)
  const shown = keys.find(({ name }) => name === 'tasks.max')
  expect(shown?.value).toBe('${file:/s:count}')
  expect(shown?.errors[0]).toBe('Invalid value ${file:/s:count} for configuration tasks.max: Not a number of type INT')
})
