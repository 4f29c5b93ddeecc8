import type { Case, Step } from '../case.ts'
import { create, feed, intoFile, lines, offsets, remove, running, status } from '../steps.ts'

const stop: Step = { what: 'stop', method: 'PUT', path: '/connectors/{p}/stop' }
const resume: Step = { what: 'resume', method: 'PUT', path: '/connectors/{p}/resume' }
const alter = (what: string, list: unknown, more: Partial<Step> = {}): Step => ({
  what,
  method: 'PATCH',
  path: '/connectors/{p}/offsets',
  body: { offsets: list },
  ...more,
})
const ofFile = (position: unknown) => [
  { partition: { filename: '{dir}/in.txt' }, offset: position === null ? null : { position } },
]
const ofTopic = (offset: unknown, partition: unknown = { kafka_topic: '{p}', kafka_partition: 0 }) => [
  { partition, offset },
]
const read: Step = { path: '/connectors/{p}/offsets' }

/** Topics and offsets over REST. */
export const offsetCases: readonly Case[] = [
  {
    name: 'offsets of a source',
    steps: [
      { ...create(lines()), before: feed('one\ntwo\n') },
      offsets('position', 8),
      { what: 'topics', path: '/connectors/{p}/topics', until: ({ body }) => JSON.stringify(body).includes('["{p}"]') },
      alter('while it runs', ofFile(4), { message: true }),
      { what: 'reset while it runs', method: 'DELETE', path: '/connectors/{p}/offsets', message: true },
      stop,
      status('STOPPED', []),
      alter('go back', ofFile(4), { message: true }),
      { ...read, what: 'read what was altered' },
      alter('no list', [], { message: true }),
      { what: 'no body', method: 'PATCH', path: '/connectors/{p}/offsets', body: {}, message: true },
      alter('without position', [{ partition: { filename: 'x' }, offset: { place: 1 } }]),
      alter('negative', ofFile(-1)),
      alter('a text', ofFile('4')),
      alter('without filename', [{ partition: { file: 'x' }, offset: { position: 1 } }]),
      alter('another file beside it', [{ partition: { filename: 'elsewhere' }, offset: { position: 3 } }]),
      alter('forget the other', [{ partition: { filename: 'elsewhere' }, offset: null }]),
      { ...read, what: 'read again' },
      resume,
      running(),
      offsets('position', 8, 'reads on'),
      { ...stop, what: 'stop again' },
      status('STOPPED', [], 'stopped again'),
      { what: 'reset', method: 'DELETE', path: '/connectors/{p}/offsets', message: true },
      { ...read, what: 'nothing left' },
      { what: 'reset twice', method: 'DELETE', path: '/connectors/{p}/offsets', message: true },
      { what: 'forget the topics', method: 'PUT', path: '/connectors/{p}/topics/reset' },
      { what: 'no topics', path: '/connectors/{p}/topics', until: ({ body }) => JSON.stringify(body).includes('[]') },
      remove,
      { what: 'topics of what is gone', path: '/connectors/{p}/topics' },
    ],
  },
  {
    name: 'offsets of a sink',
    steps: [
      {
        what: 'a source to fill the topic',
        method: 'POST',
        path: '/connectors',
        body: { name: '{p}-fill', config: lines() },
        before: feed('1\n2\n3\n4\n5\n'),
      },
      create(intoFile()),
      running(),
      offsets('kafka_offset', 5),
      { what: 'topics', path: '/connectors/{p}/topics', until: ({ body }) => JSON.stringify(body).includes('["{p}"]') },
      alter('while it runs', ofTopic({ kafka_offset: 1 }), { message: true }),
      stop,
      status('STOPPED', []),
      alter('go back', ofTopic({ kafka_offset: 2 }), { message: true }),
      { ...read, what: 'read what was altered' },
      alter('as text', ofTopic({ kafka_offset: '3' }, { kafka_topic: '{p}', kafka_partition: '0' })),
      { ...read, what: 'read what was altered as text' },
      alter('without topic', ofTopic({ kafka_offset: 1 }, { kafka_partition: 0 }), { message: true }),
      alter('no partition', [{ partition: null, offset: { kafka_offset: 1 } }], { message: true }),
      alter('null topic', ofTopic({ kafka_offset: 1 }, { kafka_topic: null, kafka_partition: 0 }), { message: true }),
      alter('null number', ofTopic({ kafka_offset: 1 }, { kafka_topic: '{p}', kafka_partition: null }), {
        message: true,
      }),
      alter('no number', ofTopic({ kafka_offset: 1 }, { kafka_topic: '{p}', kafka_partition: 'x' }), { message: true }),
      alter('no offset key', ofTopic({ offset: 1 }), { message: true }),
      alter('no offset number', ofTopic({ kafka_offset: 'x' })),
      alter('negative', ofTopic({ kafka_offset: -5 })),
      alter('a topic that is not there', ofTopic({ kafka_offset: 1 }, { kafka_topic: '{p}-none', kafka_partition: 0 })),
      alter('forget', ofTopic(null)),
      { ...read, what: 'nothing left' },
      resume,
      running(1, 'runs'),
      offsets('kafka_offset', 5, 'reads all again'),
      { ...stop, what: 'stop again' },
      status('STOPPED', [], 'stopped again'),
      { what: 'reset', method: 'DELETE', path: '/connectors/{p}/offsets', message: true },
      { ...read, what: 'nothing left after the reset' },
      { what: 'reset twice', method: 'DELETE', path: '/connectors/{p}/offsets', message: true },
      remove,
      { what: 'offsets of what is gone', path: '/connectors/{p}/offsets' },
      { what: 'delete the filler', method: 'DELETE', path: '/connectors/{p}-fill' },
    ],
  },
]
