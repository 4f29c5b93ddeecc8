import { describe, expect, it } from 'vitest'
import { toNamespaces } from '../../../src/config/namespaces.ts'
import { eventually, soon } from '../../support/eventually.ts'
import { linkInMemory, makeGateEnd, makeWorkerEnd, type Pair, untilTestEnds } from '../../support/linked.ts'
import { clock, dataOf, numbered, positionAt, range, turns } from '../../support/past-worker.ts'
import { type FakePast, fakePast } from './fake-past.ts'
import { type FakeClient, fakeGate, feeder, makeAttachment } from './harness.ts'

const records = numbered(120)

/** A gate that keeps nothing in memory: a worker reads back what clients missed, over a link. */
async function linked(change: (past: FakePast) => unknown = () => undefined, hasPast = true) {
  /** What Kafka hands out before it makes everybody wait. */
  const batches = { left: 1000 }
  const past = fakePast([records], () => (batches.left-- > 0 ? [0, 5] : [9, 0]))
  const namespaces = toNamespaces({ bus: { subscribe: 'anonymous', history: 'anonymous' } })
  const gate = fakeGate({ ...clock, sleep: () => turns(1) }, { namespaces })
  const [end, own] = [untilTestEnds(makeGateEnd(gate.hub.port)), untilTestEnds(makeWorkerEnd())]
  const feed = feeder(
    own.port.attachSink(
      makeAttachment({
        window: { maxBytes: 0, maxAgeMs: 3_600_000 },
        past: hasPast ? past : undefined,
        identity: {
          clusterId: async () => 'cluster-1',
          timestampAt: async (_, offset) => records[Number(offset)]?.at ?? 'beyond',
        },
      }),
    ),
  )
  feed.feed.ready()
  const link = (): Promise<Pair> => linkInMemory(own, end)
  const pair = await link()
  const publish = (from: number, to: number): void => {
    for (const data of range(from, to)) feed.record([{ channel: 'bus:1', data, key: `k${data % 3}` }])
  }
  await soon(() => expect([...gate.hub.streams()].map((stream) => stream.isReady())).toEqual([true]))
  publish(0, 100)
  await soon(() => expect([...gate.hub.streams()][0]?.tracker.vector().next).toEqual([100]))
  const subscribe = (more: object): FakeClient => {
    const client = gate.connect()
    client.send({ type: 'subscribe', id: 1, channel: 'bus:1', ...more })
    return client
  }
  const ask = async (from: string): Promise<unknown> => {
    const client = gate.connect()
    client.send({ type: 'history', id: 7, channel: 'bus:1', from, limit: 3 })
    return eventually(() => {
      clock.advance(1000)
      return client.frames.find(({ id }) => id === 7)
    })
  }
  change(past)
  return { gate, past, batches, pair, link, publish, subscribe, ask }
}

describe('a gate behind a link', () => {
  it('has what left the memory read back by its worker, and goes on live without a gap or a double', async () => {
    const { publish, subscribe, past } = await linked()
    const position = await positionAt(records, 10)
    const client = subscribe({ position })
    await soon(() => expect(dataOf(client)).toEqual(range(10, 100)))
    expect(client.of('subscribed')).toMatchObject([{ recovered: true }])
    publish(100, 120)
    await soon(() => expect(dataOf(client)).toEqual(range(10, 120)))
    expect(past.figures.reads).toBe(1)
  })

  it('keeps a client whose past cannot be read for a while, and misses nothing', async () => {
    const { subscribe, past, batches } = await linked()
    batches.left = 4
    const client = subscribe({ position: await positionAt(records, 10) })
    await soon(() => expect(dataOf(client)).toEqual(range(10, 30)))
    past.isAway = true
    batches.left = 1000
    await turns(200)
    expect(dataOf(client)).toEqual(range(10, 30))
    past.isAway = false
    await soon(() => expect(dataOf(client)).toEqual(range(10, 100)))
    expect(client.closed()).toBeUndefined()
  })

  it('keeps a client that is in its past when the link is cut, and goes on with it over the next', async () => {
    const { subscribe, pair, link, publish, batches } = await linked()
    batches.left = 4
    const client = subscribe({ position: await positionAt(records, 10) })
    await soon(() => expect(dataOf(client)).toEqual(range(10, 30)))
    await pair.close()
    batches.left = 1000
    await soon(() => expect(client.of('notice')).toMatchObject([{ code: 'stale' }]))
    await link()
    await soon(() => expect(client.of('notice').at(-1)).toMatchObject({ code: 'fresh' }))
    publish(100, 120)
    await soon(() => expect(dataOf(client)).toEqual(range(10, 120)))
    expect(client.closed()).toBeUndefined()
  })

  it.each<[string, (past: FakePast) => unknown]>([
    ['retention_passed', (past) => past.low.fill(20)],
    ['compacted', (past) => Object.assign(past, { isCompacted: true })],
  ])('says %s when that is why the past is not whole', async (reason, change) => {
    const { subscribe } = await linked(change)
    const client = subscribe({ position: await positionAt(records, 10), snapshot: true })
    await soon(() => expect(client.of('subscribed')).toMatchObject([{ recovered: false, reason }]))
    await soon(() => expect(client.of('snapshot')[0]?.['items']).toHaveLength(3))
    expect(dataOf(client)).toEqual([])
  })

  it('answers a history, and says unavailable while Kafka or the link is away', async () => {
    const { ask, past, pair, link } = await linked()
    const items = { type: 'history', items: { length: 3 }, more: true }
    const unavailable = { type: 'error', code: 'unavailable', retryable: true, retryAfter: 2000 }
    expect(await ask('earliest')).toMatchObject(items)
    past.isAway = true
    expect(await ask('earliest')).toMatchObject(unavailable)
    past.isAway = false
    await pair.close()
    await turns()
    expect(await ask('earliest')).toMatchObject(unavailable)
    await link()
    await eventually(async () => JSON.stringify(await ask('earliest')).includes('"items"'))
  })

  it('says that there is no history where the sink has none', async () => {
    const { ask } = await linked(undefined, false)
    expect(await ask('earliest')).toMatchObject({ type: 'error', code: 'no_history' })
  })
})
