import { expect, test } from 'vitest'
import { ConfigError, type Logger } from '#api'
import { describeClientProps } from '../../../src/kafka/client-props.ts'
import { createKafkaClient } from '../../../src/kafka/index.ts'
import { parseJaas } from '../../../src/kafka/jaas.ts'
import { readClientProps } from '../../../src/kafka/read-props.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { quietLog, recordingLog } from '../../support/quiet.ts'

const client = (props: Record<string, string>, log: Logger = quietLog) =>
  createKafkaClient({ bootstrapServers: ['127.0.0.1:1'], clientId: 'test', props, log, clock: systemClock })

const consumer = (props: Record<string, string>) => ({
  props,
  groupId: 'g',
  clientId: 'c',
  topics: [],
  maxPollRecords: 10,
  onUpstream() {},
  onMissing() {},
  committable: () => [],
})

const complaintsOf = (act: () => unknown): unknown => {
  try {
    act()
  } catch (error) {
    if (error instanceof ConfigError) return error.context['errors']
    throw error
  }
  return expect.unreachable()
}

test('all that is wrong with a client’s properties is told at once, when it is made', () => {
  const errors = complaintsOf(() =>
    client({ 'security.protocol': 'TLS', 'request.timeout.ms': 'soon', 'retry.backoff.ms': '0' }),
  )
  expect(errors).toEqual([
    expect.stringContaining('security.protocol'),
    expect.stringContaining('request.timeout.ms'),
    expect.stringContaining('retry.backoff.ms'),
  ])
  const ofConsumer = { 'session.timeout.ms': '100', 'isolation.level': 'dirty', 'auto.offset.reset': 'never' }
  expect(complaintsOf(() => client({}).groupConsumer(consumer(ofConsumer)))).toHaveLength(2)
  const ofProducer = { 'transactional.id': 't', 'enable.idempotence': 'true', acks: '1', 'compression.type': 'lz4' }
  expect(complaintsOf(() => readClientProps('producer', ofProducer))).toEqual([
    expect.stringContaining('transactional.id cannot be given'),
    'enable.idempotence needs acks=all, and it is 1.',
  ])
})

test.each([
  [{}, 'sasl.mechanism GSSAPI is not supported; use PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER.'],
  [{ 'sasl.mechanism': 'plain' }, 'sasl.mechanism PLAIN needs sasl.jaas.config with user name and password.'],
  [
    { 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': 'x.ScramLoginModule required username="u" password="secret";' },
    'sasl.jaas.config names ScramLoginModule, and PLAIN needs PlainLoginModule.',
  ],
  [
    { 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': 'x.PlainLoginModule required username="u" password="secret"' },
    'sasl.jaas.config does not end with a semicolon.',
  ],
  [
    { 'sasl.mechanism': 'OAUTHBEARER' },
    expect.stringContaining('OAUTHBEARER needs sasl.oauthbearer.token.endpoint.url'),
  ],
])('SASL without what it needs is refused: %j', (props, message) => {
  expect(complaintsOf(() => client({ 'security.protocol': 'SASL_SSL', ...props }))).toEqual([message])
})

test('JAAS is read as Java reads it, and its secrets stand in no message', () => {
  const text = `org.apache.kafka.common.security.plain.PlainLoginModule required
    username="al\\"ice"
    password='x' other=plain;`
  expect(parseJaas(text)).toEqual({
    module: 'PlainLoginModule',
    options: { username: 'al"ice', password: "'x'", other: 'plain' },
  })
  for (const bad of ['secret', 'M required password "secret";', 'M required password="secret"; M required;'])
    expect(() => parseJaas(bad)).toThrow(/^(?!.*"secret").*sasl\.jaas\.config/)
})

test('what kafkajs cannot do is warned about by name and reason, once a client', () => {
  const log = recordingLog()
  const kafka = client({ 'reconnect.backoff.ms': '5', 'key.converter': 'not a client’s' }, log)
  for (let time = 0; time < 2; time++) {
    const props = { 'linger.ms': '5', 'group.protocol': 'classic', 'group.instance.id': 'a', 'fetch.max.byte': '1' }
    void kafka.groupConsumer(consumer(props)).close()
  }
  expect(log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields)).toEqual([
    { reason: expect.stringMatching(/^reconnect\.backoff\.ms of an admin client is not used/) },
    { reason: 'linger.ms is not a property of a consumer.' },
    { reason: 'group.instance.id of a consumer is not used: kafkajs knows no static members.' },
    { reason: 'fetch.max.byte is not a property of a Kafka client; fetch.max.bytes is.' },
  ])
})

test('what Kafka Connect gives its own clients is obeyed or harmless', () => {
  const frameworkProducer = {
    acks: 'all',
    'delivery.timeout.ms': '2147483647',
    'enable.idempotence': 'false',
    'max.block.ms': '9223372036854775807',
    'max.in.flight.requests.per.connection': '1',
  }
  expect(readClientProps('producer', frameworkProducer).warnings).toEqual([])
  const frameworkConsumer = { 'auto.offset.reset': 'earliest', 'enable.auto.commit': 'false', 'group.id': 'connect-x' }
  expect(readClientProps('consumer', frameworkConsumer).warnings).toEqual([])
})

test('the table of properties is sorted, names each once, and says why it ignores', () => {
  const table = describeClientProps()
  const names = table.map(({ name }) => name)
  expect(names).toEqual([...new Set(names)].toSorted())
  expect(table.filter(({ doc }) => doc === '')).toEqual([])
  expect(table.length).toBeGreaterThan(130)
})
