import { expect, test } from 'vitest'
import {
  clock,
  dataOf,
  numbered,
  positionAt,
  range,
  subscribe,
  turns,
  type Worker,
  worker,
} from '../../support/past-worker.ts'
import { fakePast } from './fake-past.ts'

test('Kafka is asked a few questions for all who are ahead of a worker, as when another was lost', async () => {
  const records = numbered(100)
  const position = await positionAt(records, 50)
  const past = fakePast([records])
  const { bounds } = past
  let asked = 0
  Object.assign(past, {
    bounds: () => {
      asked++
      return bounds()
    },
  })
  const identity = {
    clusterId: async () => 'cluster-1',
    timestampAt: async (_: unknown, offset: bigint) => {
      asked++
      return records[Number(offset)]?.at ?? ('beyond' as const)
    },
  }
  const at = await worker(records, { past, attachment: { identity } })
  at.publish(48)
  asked = 0
  const clients = range(0, 100).map(() => {
    const client = at.gate.connect()
    client.send({ type: 'subscribe', id: 1, channel: 'bus:1', position })
    return client
  })
  await turns(60)
  for (const client of clients) expect(client.of('subscribed')).toMatchObject([{ recovered: true }])
  expect(asked).toBeLessThan(5)
  at.publish(4)
  await turns()
  for (const client of clients) expect(dataOf(client)).toEqual([50, 51])
})

test('who comes from what was just written is not told to be beyond the end that was known a moment ago', async () => {
  const records = numbered(100)
  const past = fakePast([records.slice(0, 10)])
  const at = await worker(records, { past })
  at.publish(10)
  const early = await subscribe(at, { position: await positionAt(records, 5) })
  expect(early.of('subscribed')).toMatchObject([{ recovered: true }])
  past.log[0]?.push(...records.slice(10, 20))
  const late = await subscribe(at, { position: await positionAt(records, 20) })
  expect(late.of('subscribed')).toMatchObject([{ recovered: true }])
  const beyond = await subscribe(at, { position: await positionAt(records, 21, false) })
  expect(beyond.of('subscribed')).toMatchObject([{ recovered: false, reason: 'position_ahead' }])
})

test('records that cannot be seen, such as those of an aborted transaction, do not make it another topic', async () => {
  const records = numbered(3)
  const seen = { channel: 'bus:1', key: 'k', data: '0', path: [] }
  const begin = async (): Promise<Worker> => {
    const at = await worker(records)
    const origin = { topic: 't', partition: 0, offset: 0n, timestamp: records[0]?.at ?? 0 }
    // What follows was aborted: asked for by its offset, it has a time of its own.
    at.feed.publish([{ ...seen, origin }], [{ topic: 't', partition: 0, offset: 3n, timestamp: origin.timestamp }])
    return at
  }
  const first = await begin()
  for (const stream of first.gate.hub.streams()) stream.tracker.renew(clock.now())
  const position = (await subscribe(first)).of('subscribed')[0]?.['position']
  const back = await subscribe(await begin(), { position })
  expect(back.of('subscribed')).toMatchObject([{ recovered: true }])
})
