import { expect, test } from 'vitest'
import { webSocketServerSink } from '../../../../src/connectors/websocket/server-sink.ts'
import { runSink, sinkRecord } from '../../../conformance/run-task.ts'
import { testSink } from '../../../conformance/sink.ts'
import { memoryGateway } from '../../../support/memory-gateway.ts'

const props = { topics: 't', channel: 'n:#{value.n}, all', 'message.key': 'value.n' }

testSink({
  connector: webSocketServerSink,
  keepsAll: true,
  async remote() {
    const gateway = memoryGateway()
    return {
      props,
      gateway: gateway.port,
      received: (count) =>
        expect
          .poll(() => {
            const publications = gateway.published.flatMap(([each]) => each).filter(({ channel }) => channel === 'all')
            return publications.length >= count ? publications.map(({ data }) => JSON.parse(data ?? 'null')) : undefined
          })
          .toBeDefined()
          .then(() =>
            gateway.published
              .flatMap(([each]) => each)
              .filter(({ channel }) => channel === 'all')
              .map(({ data }) => JSON.parse(data ?? 'null')),
          ),
      open: gateway.attached,
    }
  },
})

const start = async (more: Record<string, string> = {}, tolerant = false) => {
  const gateway = memoryGateway()
  const run = await runSink(webSocketServerSink, {
    props: { topics: 't', channel: 'bus:#{value.id}, buses', 'message.key': 'value.id', ...more },
    gateway: gateway.port,
    tolerant,
  })
  return { gateway, run, publications: () => gateway.published.flatMap(([each]) => each) }
}

test('publishes each record on all its channels with one text', async () => {
  const { run, publications } = await start()
  const record = sinkRecord(4, { id: 'a/1', at: 2n ** 60n }, { path: [7] })
  await run.put([record])
  expect(publications()).toEqual([
    {
      channel: 'bus:a%2F1',
      key: 'a/1',
      data: '{"id":"a/1","at":"1152921504606846976"}',
      origin: record.origin,
      path: [7],
    },
    { channel: 'buses', key: 'a/1', data: '{"id":"a/1","at":"1152921504606846976"}', origin: record.origin, path: [7] },
  ])
})

test('gives the gate templates, limits and an identity', async () => {
  const { gateway } = await start({ 'snapshot.expire.ms': '15000' })
  expect(gateway.sinks[0]).toMatchObject({
    connector: 'subject',
    templates: ['bus:#{value.id}', 'buses'],
    snapshot: { expireMs: 15_000, maxBytes: 67_108_864, maxEntries: 100_000 },
    window: { maxBytes: 16_777_216, maxAgeMs: 300_000 },
  })
  expect(await gateway.sinks[0]?.identity.clusterId()).toBe('cluster')
})

test('tells the gate the fields of boxes, when there are any', async () => {
  expect((await start({ 'box.fields': 'at.lat, at.long' })).gateway.sinks[0]?.box).toEqual(['at.lat', 'at.long'])
  expect((await start()).gateway.sinks[0]?.box).toBeUndefined()
})

test.each(['lat', 'lat, lat', 'lat, long, height', 'lat, a..b', '.lat, long'])('box.fields %s is refused', (fields) => {
  expect(() => webSocketServerSink.config.parse({ channel: 'a', 'box.fields': fields })).toThrow('two different paths')
})

test.each([
  [{}, -1],
  [{ 'snapshot.warm.from': 'window' }, 300_000],
  [{ 'snapshot.expire.ms': '3600000' }, 3_900_000],
  [{ 'snapshot.expire.ms': '15000' }, 315_000],
  [{ 'snapshot.expire.ms': '15000', 'snapshot.warm.from': 'earliest', 'window.warm.ms': '0' }, 15_000],
])('with %j a worker reads back %i ms, so that the snapshot is whole', (more, ms) => {
  expect(webSocketServerSink.warmMs?.(webSocketServerSink.config.parse({ channel: 'a', ...more }))).toBe(ms)
})

test('publishes a tombstone without data', async () => {
  const { run, publications } = await start({ channel: 'bus:#{key}', 'message.key': 'key' })
  await run.put([sinkRecord(1, null, { key: 'b' })])
  expect(publications()).toMatchObject([{ channel: 'bus:b', key: 'b', data: undefined }])
})

test("takes the record's key when no message.key is set, and none when there is none", async () => {
  const gateway = memoryGateway()
  const run = await runSink(webSocketServerSink, { props: { topics: 't', channel: 'all' }, gateway: gateway.port })
  await run.put([
    sinkRecord(1, {}, { key: { id: 3n } }),
    sinkRecord(2, {}, { key: null }),
    sinkRecord(3, {}, { key: 5 }),
  ])
  expect(gateway.published[0]?.[0].map(({ key }) => key)).toEqual(['{"id":3}', undefined, '5'])
})

test('asks for a message.key when a record was split', async () => {
  const gateway = memoryGateway()
  const run = await runSink(webSocketServerSink, { props: { topics: 't', channel: 'all' }, gateway: gateway.port })
  await expect(run.put([sinkRecord(1, {}, { path: [0] })])).rejects.toThrow('"message.key" must be set behind Split')
  const split = { topics: 't', channel: 'all', transforms: 's', 'transforms.s.type': 'Split' }
  expect(webSocketServerSink.check?.(webSocketServerSink.config.parse(split), split)).toMatchObject([
    { key: 'message.key' },
  ])
})

test('publishes nothing of a record when one of its channels cannot be made, and says how far it came', async () => {
  const { run, gateway, publications } = await start({ channel: 'all, bus:#{value.id}', 'message.key': 'key' }, true)
  await run.put([sinkRecord(1, {})])
  expect(publications()).toEqual([])
  expect(gateway.published[0]?.[1]).toEqual([{ topic: 't', partition: 0, offset: 2n, timestamp: 0 }])
  expect(run.errants).toHaveLength(1)
})

test('passes on its life to the gate', async () => {
  const { run, gateway } = await start()
  run.task.upstream?.({ reachable: false, since: 1 })
  await run.task.close?.([{ topic: 't', partition: 0 }])
  expect(gateway.calls).toEqual(['open 1', 'ready', 'upstream false', 'close 1'])
})

test('does not start on a worker without a gateway', async () => {
  await expect(runSink(webSocketServerSink, { props })).rejects.toThrow('needs a gateway')
})

test.each([
  ['#{value.id}:a', 'must begin with a constant segment'],
  ['bus:#{value.id', 'without its "}"'],
  ['bus:#{nothing}', 'names nothing of a record'],
  ['bus:*', 'a character'],
  ['bus::a', 'empty segment'],
  ['', 'must not be empty'],
])('refuses the channel %j', (channel, complaint) => {
  const errors = webSocketServerSink.config.validate({ channel }).flatMap((value) => value.errors)
  expect(errors.join()).toContain(complaint)
})
