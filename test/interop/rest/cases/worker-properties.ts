import type { Case, Step } from '../case.ts'
import { recordsOf, topicOf } from '../kafka.ts'
import { errorsOf } from '../picks.ts'
import { create, feed, lines, remove, running } from '../steps.ts'

/** What `users.properties` of the pair has. */
export const authorization = `Basic ${Buffer.from('ada:lovelace').toString('base64')}`

const as = (step: Step, headers: Step['headers'] = {}): Step => ({
  ...step,
  headers: { authorization, ...headers },
})
const cors = [
  'access-control-allow-origin',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-max-age',
  'vary',
]
const origin = { origin: 'https://page.example' }

/** Workers with users, an admin listener, CORS, headers of their own, no topic tracking and no overrides. */
export const workerPropertyCases: readonly Case[] = [
  {
    name: 'basic authentication',
    steps: [
      { what: 'nobody', path: '/connectors', headersToo: ['www-authenticate'] },
      { what: 'nobody asks for health', path: '/health' },
      {
        what: 'a wrong password',
        path: '/connectors',
        headers: { authorization: `Basic ${Buffer.from('ada:byron').toString('base64')}` },
      },
      { what: 'another scheme', path: '/connectors', headers: { authorization: 'Bearer abc' } },
      { what: 'broken', path: '/connectors', headers: { authorization: 'Basic %%%' } },
      as({ what: 'a user', path: '/connectors' }),
      as({ what: 'a user asks for health', path: '/health' }),
    ],
  },
  {
    name: 'admin listener',
    steps: [
      as({ what: 'loggers are not on the main one', path: '/admin/loggers' }),
      as({ what: 'loggers', on: 'admin', path: '/admin/loggers/root' }),
      as({ what: 'connectors are not there', on: 'admin', path: '/connectors' }),
      { what: 'nobody', on: 'admin', path: '/admin/loggers/root' },
    ],
  },
  {
    name: 'browsers',
    steps: [
      as({ what: 'from the page', path: '/connectors', headersToo: cors }, origin),
      as({ what: 'from another page', path: '/connectors', headersToo: cors }, { origin: 'https://other.example' }),
      as({ what: 'from no page', path: '/connectors', headersToo: cors }),
      as(
        { what: 'preflight', method: 'OPTIONS', path: '/connectors', headersToo: cors, pick: () => '{any}' },
        { ...origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
      ),
      as(
        {
          what: 'preflight of what is not allowed',
          method: 'OPTIONS',
          path: '/connectors',
          headersToo: cors,
          pick: () => '{any}',
        },
        { ...origin, 'access-control-request-method': 'DELETE' },
      ),
      {
        what: 'preflight of nobody',
        method: 'OPTIONS',
        path: '/connectors',
        headers: { ...origin, 'access-control-request-method': 'POST' },
      },
    ],
  },
  {
    name: 'response headers',
    steps: [as({ path: '/connectors', headersToo: ['x-frame-options', 'cache-control', 'x-added'] })],
  },
  {
    name: 'topic tracking is off',
    steps: [
      as(create(lines())),
      as(running()),
      as({ what: 'topics', path: '/connectors/{p}/topics', message: true }),
      as({ what: 'reset', method: 'PUT', path: '/connectors/{p}/topics/reset', message: true }),
      as(remove),
    ],
  },
  {
    name: 'topic creation is off',
    steps: [
      as({
        ...create(
          lines({
            'topic.creation.default.partitions': '3',
            'topic.creation.default.replication.factor': '1',
          }),
        ),
        before: feed('one\n'),
      }),
      as(running()),
      { what: 'the records', look: recordsOf(), until: ({ body }) => (body as readonly unknown[]).length > 0 },
      { what: 'the topic is as the broker makes it', look: topicOf('cleanup.policy') },
      as(remove),
    ],
  },
  {
    name: 'overrides are not allowed',
    steps: [
      as({
        what: 'validate',
        method: 'PUT',
        path: '/connector-plugins/FileStreamSource/config/validate',
        body: lines({ name: '{p}', 'producer.override.linger.ms': '5', 'producer.override.acks': '1' }),
        pick: errorsOf,
      }),
      as({ ...create(lines({ 'producer.override.linger.ms': '5' })), message: true }),
      as({ what: 'nothing was made', path: '/connectors/{p}' }),
    ],
  },
]
