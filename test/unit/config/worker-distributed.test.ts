import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ConfigError } from '#api'
import { loadWorkerConfig } from '../../../src/config/index.ts'
import { fileOf } from './files.ts'

const required = {
  'bootstrap.servers': 'localhost:9092',
  'key.converter': 'JsonConverter',
  'value.converter': 'JsonConverter',
  'group.id': 'cluster',
  'config.storage.topic': 'configs',
  'offset.storage.topic': 'offsets',
  'status.storage.topic': 'states',
  'gateway.enabled': 'false',
  'rest.advertised.host.name': 'worker-1',
}

const load = async (more: object, flags: Record<string, string> = {}) =>
  loadWorkerConfig({ file: await fileOf('worker.json', JSON.stringify({ ...required, ...more })), env: {}, flags })

const errorsOf = async (more: object): Promise<readonly string[]> => {
  const error = await load(more).then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (!(error instanceof ConfigError)) throw new Error('It was not refused.')
  return error.context['errors'] as readonly string[]
}

test('group.id makes a worker one of a cluster, with Kafka Connect’s defaults and without an offsets file', async () => {
  const { distributed, warnings } = await load({})
  expect(warnings).toEqual([])
  expect(distributed).toEqual({
    'group.id': 'cluster',
    'session.timeout.ms': 10_000,
    'rebalance.timeout.ms': 60_000,
    'heartbeat.interval.ms': 3000,
    'exactly.once.source.support': 'disabled',
    'worker.sync.timeout.ms': 3000,
    'worker.unsync.backoff.ms': 300_000,
    'offset.storage.topic': 'offsets',
    'offset.storage.partitions': 25,
    'offset.storage.replication.factor': 3,
    'config.storage.topic': 'configs',
    'config.storage.replication.factor': 3,
    'status.storage.topic': 'states',
    'status.storage.partitions': 5,
    'status.storage.replication.factor': 3,
    'connect.protocol': 'sessioned',
    'scheduled.rebalance.max.delay.ms': 300_000,
    'inter.worker.key.ttl.ms': 3_600_000,
    'inter.worker.key.generation.algorithm': 'HmacSHA256',
    'inter.worker.key.size': null,
    'inter.worker.signature.algorithm': 'HmacSHA256',
    'inter.worker.verification.algorithms': ['HmacSHA256'],
    topicConfigs: { config: {}, offset: {}, status: {} },
  })
})

test('a flag is enough to name the cluster', async () => {
  const { 'group.id': group, ...rest } = required
  const { distributed } = await loadWorkerConfig({ env: {}, flags: { ...rest, 'group.id': group } })
  expect(distributed?.['group.id']).toBe('cluster')
})

test('what else follows the prefix of a topic is how it is made, but for what is always so', async () => {
  const { distributed, warnings } = await load({
    'config.storage.min.insync.replicas': '2',
    'config.storage.partitions': '7',
    'offset.storage.segment.bytes': '1000',
    'offset.storage.cleanup.policy': 'delete',
    'offset.storage.partitions': '3',
    'offset.storage.file.filename': '/tmp/offsets',
    'status.storage.replication.factor': '-1',
  })
  expect(distributed?.topicConfigs).toEqual({
    config: { 'min.insync.replicas': '2' },
    offset: { 'segment.bytes': '1000' },
    status: {},
  })
  expect(distributed).toMatchObject({ 'offset.storage.partitions': 3, 'status.storage.replication.factor': -1 })
  expect(warnings.map((text) => /"([^"]*)"/.exec(text)?.[1])).toEqual([
    'config.storage.partitions',
    'offset.storage.cleanup.policy',
    'offset.storage.file.filename',
  ])
  expect(warnings[0]).toContain('always has one partition')
  expect(warnings[1]).toContain('always compacted')
  expect(warnings[2]).toContain('standalone mode')
})

test('misspelt names are told with the nearest of distributed mode', async () => {
  const { warnings } = await load({ 'sesion.timeout.ms': '1', 'offset.storage.partitons': '1' })
  expect(warnings).toEqual([
    expect.stringMatching(/is unknown; did you mean "session\.timeout\.ms"\?$/),
    expect.stringMatching(/is taken for a setting of the topic; did you mean "offset\.storage\.partitions"\?$/),
  ])
})

test('exactly once is asked for in any case', async () => {
  const { distributed } = await load({ 'exactly.once.source.support': 'Enabled' })
  expect(distributed?.['exactly.once.source.support']).toBe('enabled')
})

test('an older protocol is accepted with a warning', async () => {
  const { distributed, warnings } = await load({ 'connect.protocol': 'Eager' })
  expect(distributed?.['connect.protocol']).toBe('Eager')
  expect(warnings).toEqual([expect.stringContaining('always speak "sessioned"')])
})

test.each([
  [{ 'group.id': '' }, 'group.id: String must be non-empty'],
  [{ 'config.storage.topic': null }, 'Missing required configuration "config.storage.topic"'],
  [{ 'offset.storage.topic': '' }, 'offset.storage.topic: String must be non-empty'],
  [{ 'offset.storage.partitions': '0' }, "Number of partitions must be positive, or -1 to use the broker's default"],
  [{ 'config.storage.replication.factor': '-2' }, 'Replication factor must be positive and not larger'],
  [{ 'exactly.once.source.support': 'on' }, 'String must be one of (case insensitive): DISABLED, PREPARING, ENABLED'],
  [{ 'connect.protocol': 'loud' }, 'Invalid Connect protocol compatibility'],
  [{ 'scheduled.rebalance.max.delay.ms': '-1' }, 'Value must be at least 0'],
  [{ 'inter.worker.signature.algorithm': 'HmacSHA512' }, 'must be present in inter.worker.verification.algorithms'],
  [{ 'inter.worker.verification.algorithms': '' }, 'At least one signature verification algorithm must be provided'],
  [{ 'inter.worker.key.generation.algorithm': 'ROT13' }, 'the algorithm is not supported by this worker'],
  [{ 'heartbeat.interval.ms': '10000' }, 'must be less than session.timeout.ms (10000)'],
  [{ 'status.storage.topic': 'configs' }, 'must be three topics, and are configs, offsets, configs'],
])('%o is refused', async (more, text) => {
  expect(await errorsOf(more)).toEqual([expect.stringContaining(text)])
})

test('the gateways of a cluster need the keys of positions', async () => {
  expect(await errorsOf({ 'gateway.enabled': 'true' })).toEqual([expect.stringMatching(/^gateway\.position\.keys: /)])
  const keys = Buffer.alloc(32).toString('base64')
  const { settings } = await load({ 'gateway.enabled': 'true', 'gateway.position.keys': keys })
  expect(settings.gateway.position.keys).toEqual([keys])
})

test.each([
  [{}, 1],
  [{ listeners: 'http://0.0.0.0:8083' }, 1],
  [{ listeners: 'http://10.0.0.1:8083' }, 0],
  [{ 'rest.advertised.host.name': '127.0.0.1' }, 0],
])('a worker that the others may not reach is told: %o', async (more, count) => {
  const { warnings } = await load({ 'rest.advertised.host.name': null, ...more })
  expect(warnings).toHaveLength(count)
  expect(warnings.join()).toMatch(count === 0 ? /^$/ : /set rest\.advertised\.host\.name/)
})

test('the example of a cluster’s worker is a file without a warning', async () => {
  const { distributed, warnings, settings } = await loadWorkerConfig({
    file: fileURLToPath(new URL('../../../examples/cluster/worker.properties', import.meta.url)),
    env: { TIDEGATE_POSITION_KEY: Buffer.alloc(32, 1).toString('base64') },
    flags: {},
  })
  expect(warnings).toEqual([])
  expect(distributed).toMatchObject({ 'group.id': 'tidegate', 'exactly.once.source.support': 'disabled' })
  expect(settings.gateway.position.keys).toHaveLength(1)
})

test('without group.id the offsets file is needed', async () => {
  expect(await errorsOf({ 'group.id': null })).toEqual([
    'Missing required configuration "offset.storage.file.filename" which has no default value.',
  ])
})
