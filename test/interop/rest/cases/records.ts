import type { Answer, Case, Step } from '../case.ts'
import { publish, recordsOf, topicOf, written } from '../kafka.ts'
import { transform } from '../shipped.ts'
import { create, feed, intoFile, lines, remove, running, status } from '../steps.ts'

const json = 'org.apache.kafka.connect.json.JsonConverter'

/** The file of the sink once it has so many lines. */
const linesWritten = (count: number, what = 'the file'): Step => ({
  what,
  look: written,
  until: ({ body }) => (body as string).split('\n').length > count,
})

/** The records of a topic once it has so many. */
const records = (count: number, suffix = '', pick?: Step['pick']): Step => ({
  what: suffix === '' ? 'the records' : `the records of ${suffix}`,
  look: recordsOf(suffix),
  until: ({ body }: Answer) => (body as readonly unknown[]).length >= count,
  ...(pick && { pick }),
})

interface Dead {
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [string, string | null])[]
}

/** Key, value and headers; of an exception, that its headers are there. */
const deadLetters = (body: unknown) =>
  (body as readonly Dead[]).map(({ key, value, headers }) => ({
    key,
    value,
    headers: Object.fromEntries(
      headers.map(([name, text]) => [name, name.includes('.exception.') ? '{exception}' : text]),
    ),
  }))

const poisoned = [
  { key: 'a', value: '{"name":"one"}' },
  { key: 'b', value: 'no JSON', headers: { trace: 'x1' } },
  { key: 'c', value: '{"name":"three"}' },
]
const namesOf = (more: object) =>
  intoFile({
    'value.converter': json,
    'value.converter.schemas.enable': 'false',
    transforms: 'name',
    'transforms.name.type': `${transform}.ExtractField$Value`,
    'transforms.name.field': 'name',
    ...more,
  })
const dead = {
  'errors.deadletterqueue.topic.name': '{p}-dlq',
  'errors.deadletterqueue.topic.replication.factor': '1',
  'errors.deadletterqueue.context.headers.enable': 'true',
}

/** Records on their way from end to end. */
export const recordCases: readonly Case[] = [
  {
    name: 'a sink writes what its transformations leave',
    steps: [
      {
        ...create(
          namesOf({
            transforms: 'none,name',
            'transforms.none.type': `${transform}.Filter`,
            'transforms.none.predicate': 'tombstone',
            predicates: 'tombstone',
            'predicates.tombstone.type': `${transform}.predicates.RecordIsTombstone`,
          }),
        ),
        before: publish(['{"name":"one"}', { key: 'k', value: null }, '{"name":"zwei – ß"}', '{"name":""}']),
      },
      linesWritten(3),
      { what: 'topics', path: '/connectors/{p}/topics', until: ({ body }) => JSON.stringify(body).includes('["{p}"]') },
      remove,
    ],
  },
  {
    name: 'a sink follows an expression',
    steps: [
      {
        ...create(intoFile({ topics: null, 'topics.regex': '{p}-[ab]' })),
        what: 'a null beside it is refused',
      },
      {
        what: 'create',
        method: 'POST',
        path: '/connectors',
        body: {
          name: '{p}',
          config: {
            'connector.class': 'FileStreamSink',
            file: '{dir}/out.txt',
            'topics.regex': '{p}-[ab]',
            'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
          },
        },
        before: publish(['same'], ['-a', '-b', '-c']),
      },
      linesWritten(2),
      {
        what: 'topics',
        path: '/connectors/{p}/topics',
        until: ({ body }) => /-a.*-b|-b.*-a/.test(JSON.stringify(body)),
        pick: (body) => (body as Record<string, { topics: string[] }>)['{p}']?.topics.toSorted(),
      },
      remove,
    ],
  },
  {
    name: 'a source writes what its transformations make',
    steps: [
      {
        ...create(
          lines({
            'value.converter': json,
            'value.converter.schemas.enable': 'true',
            'key.converter': json,
            'key.converter.schemas.enable': 'false',
            transforms: 'hoist,mark,key,head',
            'transforms.hoist.type': `${transform}.HoistField$Value`,
            'transforms.hoist.field': 'line',
            'transforms.mark.type': `${transform}.InsertField$Value`,
            'transforms.mark.static.field': 'from',
            'transforms.mark.static.value': 'file',
            'transforms.key.type': `${transform}.ValueToKey`,
            'transforms.key.fields': 'line',
            'transforms.head.type': `${transform}.InsertHeader`,
            'transforms.head.header': 'weight',
            'transforms.head.value.literal': '[1,2]',
          }),
        ),
        before: feed('one\nzwei – ß\n'),
      },
      records(2),
      remove,
    ],
  },
  {
    name: 'header converters',
    steps: [
      {
        ...create(
          lines({
            'header.converter': json,
            'header.converter.schemas.enable': 'false',
            transforms: 'a,b',
            'transforms.a.type': `${transform}.InsertHeader`,
            'transforms.a.header': 'number',
            'transforms.a.value.literal': '5',
            'transforms.b.type': `${transform}.InsertHeader`,
            'transforms.b.header': 'text',
            'transforms.b.value.literal': 'plain',
          }),
        ),
        before: feed('one\n'),
      },
      records(1),
      remove,
    ],
  },
  {
    name: 'topic creation',
    steps: [
      {
        ...create(
          lines({
            'topic.creation.groups': 'wide',
            'topic.creation.wide.include': '{p}',
            'topic.creation.wide.partitions': '3',
            'topic.creation.wide.retention.ms': '123456',
            'topic.creation.default.partitions': '2',
            'topic.creation.default.replication.factor': '1',
          }),
        ),
        before: feed('one\n'),
      },
      records(1),
      { what: 'the topic', look: topicOf('retention.ms') },
      remove,
    ],
  },
  {
    name: 'poison, tolerated',
    steps: [
      { ...create(namesOf({ 'errors.tolerance': 'all', ...dead })), before: publish(poisoned) },
      linesWritten(2),
      running(1, 'goes on'),
      records(1, '-dlq', deadLetters),
      remove,
    ],
  },
  {
    name: 'poison in a transformation, tolerated',
    steps: [
      {
        ...create(namesOf({ 'errors.tolerance': 'all', ...dead })),
        before: publish(['{"name":"one"}', { key: 'k', value: '"a text"' }, '{"name":"three"}']),
      },
      linesWritten(2),
      records(1, '-dlq', deadLetters),
      remove,
    ],
  },
  {
    name: 'poison, not tolerated',
    steps: [
      { ...create(namesOf(dead)), before: publish(poisoned.slice(1)) },
      status('RUNNING', ['FAILED']),
      { path: '/connectors/{p}/tasks/0/status' },
      records(1, '-dlq', deadLetters),
      remove,
    ],
  },
]
