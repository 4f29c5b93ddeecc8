import { afterEach, describe, expect, it } from 'vitest'
import type { SinkFeed } from '#api'
import type { GateEnd } from '../../../../src/gateway/link/gate-end.ts'
import type { WorkerEnd } from '../../../../src/gateway/link/worker-end.ts'
import { systemClock } from '../../../../src/util/clock.ts'
import { eventually } from '../../../support/eventually.ts'
import { makeGateEnd, makeWorkerEnd, memoryPair, type Pair } from '../../../support/linked.ts'
import { type FakeClient, type FakeGate, fakeGate, makeAttachment } from '../harness.ts'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})
const soon = (check: () => void): Promise<true> =>
  eventually((): true => {
    check()
    return true
  })

const [former, anew] = ['wFhvGs4eRXuZ0vVxK1dQ3A', 'kT1mPq8yQ5iB2nL7c0sEtw']
const timeOf = (offset: number): number => 1_700_000_000_000 + offset

/** Both topics have records of the same times: only their ids tell them apart. */
function worker(name: string, topicId: string | undefined): { end: WorkerEnd; feed: SinkFeed } {
  const end = makeWorkerEnd(name)
  closing.push(() => end.stop())
  const timestampAt = async (_: unknown, offset: bigint): Promise<number> => timeOf(Number(offset))
  const feed = end.port.attachSink(makeAttachment({ identity: { clusterId: async () => 'cluster-1', timestampAt } }))
  feed.open([{ topic: 't', partition: 0, offset: 0n, topicId }])
  feed.ready()
  end.started()
  return { end, feed }
}

function say(feed: SinkFeed, from: number, to: number, what: string): void {
  for (let offset = from; offset < to; offset++) {
    const origin = { topic: 't', partition: 0, offset: BigInt(offset), timestamp: timeOf(offset) }
    const data = JSON.stringify(`${what} ${offset}`)
    const progress = [{ topic: 't', partition: 0, offset: BigInt(offset + 1), timestamp: origin.timestamp }]
    feed.publish([{ channel: 'bus:1', key: `k${offset}`, data, origin, path: [] }], progress)
  }
}

async function link(from: WorkerEnd, to: GateEnd): Promise<Pair> {
  const pair = await memoryPair()
  closing.push(() => pair.close())
  from.link(pair.worker, 'gate')
  to.link(pair.gate, 'worker')
  return pair
}

function gateAlone(): { gate: FakeGate; end: GateEnd } {
  const gate = fakeGate(systemClock)
  const end = makeGateEnd(gate.hub.port)
  closing.push(() => end.stop())
  return { gate, end }
}

const isReady = ({ hub }: FakeGate, next: number): Promise<true> =>
  soon(() =>
    expect([...hub.streams()].map((stream) => [stream.isReady(), stream.tracker.vector().next])).toEqual([
      [true, [next]],
    ]),
  )

async function subscribe(gate: FakeGate, more: object = {}): Promise<FakeClient> {
  const client = gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1', ...more })
  await soon(() => expect(client.of('subscribed')).toHaveLength(1))
  return client
}

const datas = (client: FakeClient): unknown[] => client.of('message').map(({ data }) => data)
const positionOf = (client: FakeClient): string => {
  const epoch = String(client.of('subscribed')[0]?.['position']).split('.')[0]
  return `${epoch}${String(client.of('message').at(-1)?.['position'])}`
}
const refused = [{ recovered: false, reason: 'topic_changed' }]

describe('a topic that was made anew, at a gate behind a link', () => {
  it('is told to its clients, and no position of the former one is taken', async () => {
    const { gate, end } = gateAlone()
    const own = worker('worker', former)
    await link(own.end, end)
    await isReady(gate, 0)
    const client = await subscribe(gate)
    say(own.feed, 0, 5, 'old')
    await soon(() => expect(datas(client)).toHaveLength(5))
    const position = positionOf(client)
    expect((await subscribe(gate, { position })).of('subscribed')).toMatchObject([{ recovered: true }])

    // It has been read on as if it were the same.
    say(own.feed, 5, 8, 'new')
    own.feed.open([{ topic: 't', partition: 0, offset: 0n, topicId: anew }])
    await soon(() => expect(client.closed()).toBe('detached'))
    say(own.feed, 0, 9, 'new')
    await isReady(gate, 9)
    const back = await subscribe(gate, { position, snapshot: true })
    expect(back.of('subscribed')).toMatchObject(refused)
    await soon(() => expect(back.of('snapshot').flatMap(({ items }) => items)).toHaveLength(9))

    // A gate that comes later hears of the new one only.
    const later = gateAlone()
    await link(own.end, later.end)
    await isReady(later.gate, 9)
    expect((await subscribe(later.gate, { position })).of('subscribed')).toMatchObject(refused)
    expect((await subscribe(later.gate, { position: positionOf(client) })).of('subscribed')).toMatchObject(refused)
  })

  /** A gate that goes over from a worker of the former topic to another one. */
  async function goOver(topicId: string | undefined, what: string) {
    const { gate, end } = gateAlone()
    const [a, b] = [worker('a', former), worker('b', topicId)]
    const pair = await link(a.end, end)
    await link(b.end, end)
    await isReady(gate, 0)
    const client = await subscribe(gate)
    say(a.feed, 0, 5, 'old')
    say(b.feed, 0, 9, what)
    await soon(() => expect(datas(client)).toHaveLength(5))
    const position = positionOf(client)
    await pair.close()
    return { gate, client, position }
  }

  it.each([
    ['reads the same', former],
    ['does not know', undefined],
  ])('goes on from one worker to one who %s', async (_, topicId) => {
    const { client } = await goOver(topicId, 'old')
    await soon(() => expect(datas(client)).toHaveLength(9))
  })

  it('parts with its clients when it goes over to a worker that reads the new topic', async () => {
    const { gate, client, position } = await goOver(anew, 'new')
    await soon(() => expect(client.closed()).toBe('detached'))
    await isReady(gate, 9)
    const back = await subscribe(gate, { position })
    expect(back.of('subscribed')).toMatchObject(refused)
    expect(datas(back)).toEqual([])
  })
})
