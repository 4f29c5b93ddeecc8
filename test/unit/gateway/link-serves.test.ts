import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import type { Ingress, SourceAttachment } from '#api'
import type { GateEnd } from '../../../src/gateway/link/gate-end.ts'
import type { WorkerEnd } from '../../../src/gateway/link/worker-end.ts'
import type { GatePeers } from '../../../src/gateway/peers.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { eventually, soon } from '../../support/eventually.ts'
import { linkInMemory, makeGateEnd, makeWorkerEnd, type Pair, untilTestEnds } from '../../support/linked.ts'
import { type FakeClient, fakeGate, type SettingsChange, secret } from './harness.ts'

const tokenOf = (sub: string): Promise<string> =>
  new SignJWT({ sub })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret))

/** A gate of which the workers behind its links are all it knows. */
function gateAlone(change: SettingsChange = {}) {
  const end: { made?: GateEnd } = {}
  const peers: GatePeers = {
    ask: async (...asked) => (await end.made?.peers.ask(...asked)) ?? [],
    serve: (...served) => {
      queueMicrotask(() => end.made?.peers.serve(...served))
      return () => undefined
    },
  }
  const gate = fakeGate(systemClock, change, peers)
  const made = untilTestEnds(makeGateEnd(gate.hub.port))
  end.made = made
  return { gate, end: made }
}

const worker = (name: string) => untilTestEnds(makeWorkerEnd(name))

/** Each time a gate of another name. */
const link = (to: WorkerEnd, end: GateEnd): Promise<Pair> => linkInMemory(to, end, `gate ${randomUUID()}`)

const connect = async (at: ReturnType<typeof gateAlone>, sub: string, more: object = {}): Promise<FakeClient> => {
  const client = at.gate.connect(await tokenOf(sub))
  client.send({ type: 'connect', id: 1, ...more })
  await soon(() => expect(client.frames.length).toBeGreaterThan(0))
  return client
}

/** Takes what is published, each `messageId` of a producer once. */
function exactly(): { attachment: SourceAttachment; heard: unknown[]; taken: Ingress[] } {
  const [heard, taken]: [unknown[], Ingress[]] = [[], []]
  return {
    heard,
    taken,
    attachment: {
      connector: 'reports',
      channels: ['report:*'],
      exactlyOnce: true,
      async publish(ingress) {
        const duplicate = taken.some(
          ({ producer, messageId }) => producer === ingress.producer && messageId === ingress.messageId,
        )
        if (!duplicate) taken.push(ingress)
        return { ok: true, duplicate }
      },
      producerConnected: (producer) => void heard.push(producer),
      producerDisconnected: (session) => void heard.push(session),
    },
  }
}

describe('gates behind links', () => {
  it('know which workers are linked and since when, as long as they are', async () => {
    const { end } = gateAlone()
    const before = Date.now()
    const pair = await link(worker('one'), end)
    await link(worker('two'), end)
    await soon(() => expect(end.links()).toMatchObject([{ worker: 'one' }, { worker: 'two' }]))
    for (const { since } of end.links()) expect(since).toBeGreaterThanOrEqual(before)
    await pair.close()
    await soon(() => expect(end.links()).toMatchObject([{ worker: 'two' }]))
  })

  it('bring a producer to its worker, and its messages once, over whichever gate it sends them again', async () => {
    const own = worker('worker')
    const { attachment, heard, taken } = exactly()
    const feed = own.port.attachSource(attachment)
    const [a, b] = [gateAlone(), gateAlone()]
    await link(own, a.end)
    await link(own, b.end)
    await soon(() => expect([a, b].map(({ gate }) => gate.hub.isExactlyOnce())).toEqual([true, true]))
    const first = await connect(a, 'ann', { producer: 'p' })
    const { session } = first.of('connected')[0] as { session?: string }
    await soon(() => expect(heard).toEqual([{ client: 'ann', producer: 'p', session }]))
    first.send({ type: 'publish', id: 2, channel: 'report:1', data: 1, messageId: 1 })
    await soon(() => expect(first.of('published')).toMatchObject([{ id: 2 }]))

    const second = await connect(b, 'ann', { producer: 'p' })
    await soon(() => expect(heard).toHaveLength(2))
    feed.closeProducer(String(session))
    await soon(() => expect(first.closed()).toBe('producer_taken_over'))
    second.send({ type: 'publish', id: 2, channel: 'report:1', data: 1, messageId: 1 })
    second.send({ type: 'publish', id: 3, channel: 'report:1', data: 2, messageId: 2 })
    await soon(() => expect(second.of('published')).toMatchObject([{ id: 2, duplicate: true }, { id: 3 }]))
    expect(taken.map(({ data, producer, client }) => [data, producer, client])).toEqual([
      ['1', 'p', 'ann'],
      ['2', 'p', 'ann'],
    ])
  })

  it('publish to another worker when theirs is gone, and have its producers known there', async () => {
    const [one, other] = [exactly(), exactly()]
    const [a, b] = [worker('a'), worker('b')]
    a.port.attachSource(one.attachment)
    b.port.attachSource(other.attachment)
    const at = gateAlone()
    const pair = await link(a, at.end)
    await link(b, at.end)
    await soon(() => expect(at.gate.hub.isExactlyOnce()).toBe(true))
    const client = await connect(at, 'ann', { producer: 'p' })
    client.send({ type: 'publish', id: 2, channel: 'report:1', data: 1, messageId: 1 })
    await soon(() => expect(one.taken).toHaveLength(1))
    await pair.close()
    await soon(() => expect(other.heard).toMatchObject([{ client: 'ann', producer: 'p' }]))
    client.send({ type: 'publish', id: 3, channel: 'report:1', data: 2, messageId: 2 })
    await soon(() => expect(client.of('published')).toMatchObject([{ id: 2 }, { id: 3 }]))
    expect(other.taken).toMatchObject([{ data: '2', messageId: 2 }])
    expect(client.of('notice')).toEqual([])
  })

  it('let no numbered message pass one that was refused when their worker went, so that each is stored once at the next', async () => {
    const next = exactly()
    const [a, b] = [worker('a'), worker('b')]
    const lost: Ingress[] = []
    const publish = (ingress: Ingress): Promise<never> => {
      lost.push(ingress)
      return new Promise(() => undefined)
    }
    a.port.attachSource({ ...next.attachment, publish })
    b.port.attachSource(next.attachment)
    const at = gateAlone()
    const pair = await link(a, at.end)
    await link(b, at.end)
    await soon(() => expect(at.gate.hub.isExactlyOnce()).toBe(true))
    const client = await connect(at, 'ann', { producer: 'p' })
    const send = (id: number, messageId: number): void =>
      client.send({ type: 'publish', id, channel: 'report:1', data: messageId, messageId })
    send(11, 1)
    send(12, 2)
    await soon(() => expect(lost).toHaveLength(2))
    await pair.close()
    await soon(() =>
      expect(client.of('error')).toMatchObject([
        { id: 11, code: 'unavailable', retryable: true },
        { id: 12, code: 'unavailable', retryable: true },
      ]),
    )
    // It was on its way already.
    send(13, 3)
    await soon(() => expect(client.of('error')[2]).toMatchObject({ id: 13, code: 'out_of_order', retryable: true }))
    for (const number of [1, 2, 3]) send(20 + number, number)
    await soon(() => expect(client.of('published')).toHaveLength(3))
    expect(next.taken.map(({ messageId }) => messageId)).toEqual([1, 2, 3])
    send(24, 4)
    await soon(() => expect(client.of('published')).toHaveLength(4))
  })

  it('tell who publishes when their worker cannot store it, and when no worker is there', async () => {
    const own = worker('worker')
    const feed = own.port.attachSource(exactly().attachment)
    const at = gateAlone()
    const codes = (client: FakeClient): unknown[] => client.of('notice').map(({ code }) => code)
    feed.upstream?.({ reachable: false, since: 42 })
    const pair = await link(own, at.end)
    const client = await connect(at, 'ann')
    await soon(() => expect(client.of('notice')).toMatchObject([{ code: 'stale', since: 42 }]))
    feed.upstream?.({ reachable: true, since: 43 })
    await soon(() => expect(codes(client)).toEqual(['stale', 'fresh']))
    await pair.close()
    await soon(() => expect(codes(client)).toEqual(['stale', 'fresh', 'stale']))
    await link(own, at.end)
    await soon(() => expect(codes(client)).toEqual(['stale', 'fresh', 'stale', 'fresh']))
  })

  it('count the connections of a user together, while a worker is linked to both', async () => {
    const own = worker('worker')
    const [a, b] = [gateAlone({ limits: { sessionsPerUser: 2 } }), gateAlone({ limits: { sessionsPerUser: 2 } })]
    await link(own, a.end)
    await link(own, b.end)
    await connect(a, 'ann')
    const onB = await connect(b, 'ann')
    let at = systemClock.now()
    /** As the upkeep of gates does each second. */
    const tick = (): void => {
      at += 1000
      for (const { gate } of [a, b]) gate.gate.limits.tick(at)
    }
    const third = await eventually(async () => {
      tick()
      const client = await connect(a, 'ann')
      if (client.closed() === 'user_limit') return client
      client.disconnect()
      return undefined
    })
    expect(third.of('error')).toMatchObject([{ code: 'user_limit', retryable: true }])
    onB.disconnect()
    await eventually(async () => {
      tick()
      return (await connect(a, 'ann')).closed() === undefined
    })
  })

  it('let a user in at another as soon as the link of the one it is at has ended', async () => {
    const own = worker('worker')
    const [a, b] = [gateAlone({ limits: { sessionsPerUser: 1 } }), gateAlone({ limits: { sessionsPerUser: 1 } })]
    const pair = await link(own, a.end)
    await link(own, b.end)
    await connect(a, 'ann')
    let at = systemClock.now()
    await eventually(async () => {
      at += 1000
      for (const { gate } of [a, b]) gate.gate.limits.tick(at)
      const client = await connect(b, 'ann')
      client.disconnect()
      return client.closed() === 'user_limit'
    })
    await pair.close()
    const letIn = await eventually(async () => {
      const client = await connect(b, 'ann')
      return client.closed() === undefined && client
    })
    expect(letIn.of('connected')).toHaveLength(1)
  })
})
