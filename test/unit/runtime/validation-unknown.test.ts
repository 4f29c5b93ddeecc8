import { expect, test } from 'vitest'
import { sink, smt, source, validate } from './plugins.ts'

const meant = (props: Record<string, string>) =>
  validate(props).warnings.map((warning) => /did you mean "(.*)"/.exec(warning)?.[1] ?? warning)

test.each([
  ['task.max', 'tasks.max'],
  ['errors.tolerence', 'errors.tolerance'],
  ['value.convertr', 'value.converter'],
  ['filee', 'file'],
  ['producr.override.linger.ms', 'producer.override.linger.ms'],
  ['consumer.override.max.pol.records', 'consumer.override.max.poll.records'],
  ['transforms.a.regx', 'transforms.a.regex'],
  ['transforms.b.type', 'transforms.a.type'],
  ['value.converter.schemas.enabled', 'value.converter.schemas.enable'],
])('%s names %s', (name, near) => {
  const props = {
    ...sink,
    transforms: 'a',
    'transforms.a.type': `${smt}RegexRouter`,
    'transforms.a.regex': 'x',
    'transforms.a.replacement': 'y',
    'value.converter': 'JsonConverter',
  }
  expect(meant({ ...props, [name]: '1' })).toEqual([near])
})

test('a property that nothing resembles is a warning all the same', () => {
  expect(validate({ ...sink, 'completely.different': 'x' }).warnings).toEqual([
    'Unknown property "completely.different"',
  ])
})

test('properties that can do nothing say why', () => {
  expect(
    validate({
      ...sink,
      'value.converter.schemas.enable': 'false',
      'producer.override.linger.ms': '5',
      'topic.creation.default.partitions': '1',
    }).warnings,
  ).toEqual([
    expect.stringContaining('does not name "value.converter"'),
    'Property "producer.override.linger.ms" has no effect, because this sink has no producer',
    expect.stringContaining('a sink creates no topics'),
  ])
  expect(validate({ ...source, 'exactly.once.support': 'required' }).warnings).toEqual([
    'Property "exactly.once.support" is accepted, but has no effect here',
  ])
})

test('topic.creation.* knows its groups, its rules and the configuration of topics', () => {
  const props = {
    ...source,
    'topic.creation.groups': 'big',
    'topic.creation.default.partitions': '1',
    'topic.creation.default.replication.factor': '1',
    'topic.creation.big.cleanup.policy': 'compact',
  }
  expect(validate(props).warnings).toEqual([])
  expect(meant({ ...props, 'topic.creation.big.cleanup.polcy': 'x' })).toEqual(['topic.creation.big.cleanup.policy'])
  expect(meant({ ...props, 'topic.creation.bigg.partitions': '1' })).toEqual(['topic.creation.big.partitions'])
})

test('names that every object has are unknown like any other', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    const property = `consumer.override.${name}`
    const { warnings } = validate({ ...sink, [property]: 'x' })
    expect(warnings.join()).toContain(`Unknown property "${property}"`)
  }
})
