import { expect, test } from 'vitest'
import { clientProps, maxPollRecords, sinkGroupId } from '../../../src/runtime/client-props.ts'
import { overrideComplaints } from '../../../src/runtime/override-policy.ts'

const worker = {
  'bootstrap.servers': 'kafka:9092',
  'key.converter': 'StringConverter',
  'security.protocol': 'SASL_SSL',
  'ssl.client.auth': 'required',
  'consumer.fetch.min.bytes': '10',
  'consumer.max.poll.records': '100',
  'producer.acks': '1',
  'admin.request.timeout.ms': '5',
}

test('a client has the framework’s properties, then the worker’s, then the connector’s', () => {
  const props = { 'consumer.override.max.poll.records': '7', 'producer.override.linger.ms': '3', topics: 't' }
  expect(clientProps('consumer', props, worker)).toEqual({
    'bootstrap.servers': 'kafka:9092',
    'auto.offset.reset': 'earliest',
    'enable.auto.commit': 'false',
    'fetch.min.bytes': '10',
    'max.poll.records': '7',
  })
  expect(clientProps('producer', props, worker)).toMatchObject({ acks: '1', 'linger.ms': '3' })
})

test('only the admin client has the worker’s own client properties, and none that are about something else', () => {
  expect(clientProps('admin', {}, worker)).toEqual({
    'bootstrap.servers': 'kafka:9092',
    'security.protocol': 'SASL_SSL',
    'request.timeout.ms': '5',
  })
  expect(clientProps('producer', {}, worker)).not.toHaveProperty('security.protocol')
})

test('a sink’s group is connect-<name>, unless it is overridden', () => {
  expect(sinkGroupId('c', {}, worker)).toBe('connect-c')
  expect(sinkGroupId('c', { 'consumer.override.group.id': 'mine' }, worker)).toBe('mine')
})

test('a senseless max.poll.records is Kafka’s default', () => {
  expect(['7', '0', 'x', undefined].map((given) => maxPollRecords(given ? { 'max.poll.records': given } : {}))).toEqual(
    [7, 500, 500, 500],
  )
})

const overrides = {
  'consumer.override.sasl.jaas.config': 'x',
  'consumer.override.max.poll.records': '7',
  'producer.override.acks': '1',
}
const refused = (policy: string, more: Record<string, string> = {}, kind?: 'source' | 'sink') =>
  overrideComplaints(overrides, { 'connector.client.config.override.policy': policy, ...more }, kind).map(
    ({ key }) => key,
  )

test('the override policy refuses what it does not allow, in Kafka Connect’s words', () => {
  expect(overrideComplaints(overrides, {})).toEqual([])
  expect(refused('All')).toEqual([])
  expect(refused('None')).toHaveLength(3)
  expect(refused('Principal')).toEqual(['producer.override.acks', 'consumer.override.max.poll.records'])
  expect(refused('Allowlist')).toHaveLength(3)
  expect(refused('Allowlist', { 'connector.client.config.override.allowlist': 'acks, sasl.jaas.config' })).toEqual([
    'consumer.override.max.poll.records',
  ])
  const full = 'org.apache.kafka.connect.connector.policy.NoneConnectorClientConfigOverridePolicy'
  expect(
    overrideComplaints({ 'producer.override.acks': '1' }, { 'connector.client.config.override.policy': full }),
  ).toEqual([
    {
      key: 'producer.override.acks',
      error: "The 'None' policy does not allow 'acks' to be overridden in the connector configuration.",
    },
  ])
})

test('only clients that a connector has are looked at', () => {
  expect(refused('None', {}, 'source')).toEqual(['producer.override.acks'])
  expect(refused('None', {}, 'sink')).toHaveLength(2)
})
