import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { toNamespaces } from '../../../src/config/namespaces.ts'
import { type GatePeers, noPeers } from '../../../src/gateway/peers.ts'
import { type FakeGate, fakeGate, feeder, makeAttachment, manualClock, secret, settle } from './harness.ts'

const tokenOf = (sub: string, more: object = {}): Promise<string> =>
  new SignJWT({ sub, presence: ['team:1'], ...more })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('100y')
    .sign(new TextEncoder().encode(secret))

const namespaces = toNamespaces({
  bus: { subscribe: 'anonymous', presence: 'anonymous', statistics: 'anonymous' },
  team: { subscribe: 'anonymous', presence: 'token' },
})

async function open(peers: GatePeers = noPeers) {
  const clock = manualClock()
  const gate = fakeGate(clock, { namespaces }, peers)
  const templates = ['bus:#{value.id}', 'team:#{value.id}']
  feeder(gate.hub.port.attachSink(makeAttachment({ templates }))).feed.ready()
  await settle()
  const join = async (channel: string, token?: string) => {
    const client = gate.connect(token)
    client.send({ type: 'subscribe', id: 1, channel })
    await settle()
    return client
  }
  const ask = async (type: 'presence' | 'statistics', channel: string, token?: string) => {
    const client = gate.connect(token)
    client.send({ type, id: 7, channel })
    await settle()
    return client.frames.at(-1)
  }
  return { clock, gate, join, ask }
}

/** Two gates that ask each other. */
function pair(): [GatePeers, GatePeers] {
  type Handle = Parameters<GatePeers['serve']>[1]
  const served = [new Map<string, Handle>(), new Map<string, Handle>()]
  const end = (own: number): GatePeers => ({
    ask: async (what, body) => [served[1 - own]?.get(what)?.(body, [String(own)])],
    serve(what, handle) {
      served[own]?.set(what, handle)
      return () => served[own]?.delete(what)
    },
  })
  return [end(0), end(1)]
}

/** How often the gate looks at one of its clients. */
function countLooks({ gate: { connections } }: FakeGate): () => number {
  const { of } = connections
  let looked = 0
  connections.of = (client) => {
    looked++
    return of(client)
  }
  return () => looked
}

describe('presence and statistics', () => {
  it('tell who is subscribed and with how many sessions, the nameless by session', async () => {
    const { join, ask } = await open()
    const ann = await tokenOf('ann')
    await join('bus:1', ann)
    await join('bus:1', ann)
    const nameless = await join('bus:1')
    await join('bus:2', await tokenOf('bob'))
    expect(await ask('presence', 'bus:1')).toEqual({
      type: 'presence',
      id: 7,
      clients: [
        { client: 'ann', sessions: 2 },
        { client: nameless.of('connected')[0]?.['client'], sessions: 1 },
      ],
      more: false,
    })
    expect(await ask('statistics', 'bus:1')).toEqual({ type: 'statistics', id: 7, clients: 2, sessions: 3 })
    expect(await ask('statistics', 'bus:none')).toEqual({ type: 'statistics', id: 7, clients: 0, sessions: 0 })
  })

  it('forget who has left, a second later at the latest', async () => {
    const { clock, join, ask } = await open()
    const client = await join('bus:1')
    expect(await ask('statistics', 'bus:1')).toMatchObject({ sessions: 1 })
    client.disconnect()
    clock.advance(1001)
    expect(await ask('statistics', 'bus:1')).toMatchObject({ sessions: 0 })
  })

  it('are refused to whom namespace and token do not grant them, whether the channel exists or not', async () => {
    const { join, ask } = await open()
    const ann = await tokenOf('ann')
    await join('team:1')
    for (const channel of ['team:1', 'team:2', 'none:1'])
      expect(await ask('presence', channel)).toMatchObject({ type: 'error', id: 7, code: 'forbidden' })
    expect(await ask('presence', 'team:1', ann)).toMatchObject({ type: 'presence', clients: [{ sessions: 1 }] })
    expect(await ask('presence', 'team:2', ann)).toMatchObject({ code: 'forbidden' })
    expect(await ask('statistics', 'team:1', ann)).toMatchObject({ code: 'forbidden' })
    expect(await ask('presence', 'bus:*')).toMatchObject({ code: 'bad_channel' })
  })

  it('list a thousand clients at the most and count all', async () => {
    const { join, ask } = await open()
    for (let i = 0; i < 1005; i++) await join('bus:1', i < 3 ? await tokenOf(`user-${i}`) : undefined)
    const answer = await ask('presence', 'bus:1')
    expect(answer?.['clients']).toHaveLength(1000)
    expect(answer).toMatchObject({ more: true })
    expect(answer).not.toHaveProperty('partial')
    expect(await ask('statistics', 'bus:1')).toMatchObject({ clients: 1005, sessions: 1005 })
  })

  it('look at those alone who are there, by the channel or by a pattern, however many others are connected', async () => {
    const { gate, join, ask } = await open()
    for (let n = 0; n < 50; n++) await join(`bus:other${n}`)
    await join('bus:1')
    await join('bus:*')
    await join('team:*')
    const looked = countLooks(gate)
    expect(await ask('statistics', 'bus:1')).toMatchObject({ sessions: 2 })
    // Nobody ever heard of it.
    expect(await ask('statistics', 'bus:nobody')).toMatchObject({ sessions: 1 })
    expect(looked()).toBe(3)
  })

  it('are of all gates, and a client that is on two of them is one', async () => {
    const [here, there] = pair()
    const [one, other] = [await open(here), await open(there)]
    const ann = await tokenOf('ann')
    await one.join('bus:1', ann)
    await other.join('bus:1', ann)
    await other.join('bus:1')
    const presence = await one.ask('presence', 'bus:1')
    expect(presence?.['clients']).toContainEqual({ client: 'ann', sessions: 2 })
    expect(presence).toMatchObject({ clients: { length: 2 }, more: false })
    expect(await one.ask('statistics', 'bus:1')).toEqual({ type: 'statistics', id: 7, clients: 2, sessions: 3 })
  })

  it('have another gate look at those alone who are there, too, of ten thousand subscriptions on a hundred channels', async () => {
    const [here, there] = pair()
    const [one, other] = [await open(here), await open(there)]
    for (let n = 0; n < 100; n++) {
      const client = other.gate.connect()
      for (let channel = 0; channel < 100; channel++)
        client.send({ type: 'subscribe', id: channel, channel: `bus:${channel}` })
    }
    await settle()
    const looked = countLooks(other.gate)
    expect(await one.ask('statistics', 'bus:7')).toMatchObject({ clients: 100, sessions: 100 })
    expect(looked()).toBe(100)
    expect(await one.ask('presence', 'bus:7')).toMatchObject({ clients: { length: 100 }, more: false })
    expect(looked()).toBe(200)
    expect(await one.ask('statistics', 'bus:none')).toMatchObject({ sessions: 0 })
    expect(looked()).toBe(200)
  })

  it.each<[string, () => Promise<readonly (Buffer | undefined)[]>]>([
    ['does not answer', async () => [undefined]],
    ['answers nonsense', async () => [Buffer.from('{"clients":7}')]],
    ['is not known', () => Promise.reject(new Error('nobody leads'))],
  ])('say so when another gate %s', async (_, ask) => {
    const gate = await open({ ...noPeers, ask })
    await gate.join('bus:1')
    expect(await gate.ask('presence', 'bus:1')).toMatchObject({ clients: { length: 1 }, more: true, partial: true })
    expect(await gate.ask('statistics', 'bus:1')).toMatchObject({ clients: 1, sessions: 1, partial: true })
  })

  it('ask other gates once a second for a channel, however many clients ask', async () => {
    let asked = 0
    const ask = async (): Promise<Buffer[]> => {
      asked++
      return []
    }
    const gate = await open({ ...noPeers, ask })
    await Promise.all([gate.ask('statistics', 'bus:1'), gate.ask('statistics', 'bus:1')])
    await gate.ask('statistics', 'bus:1')
    expect(asked).toBe(1)
    gate.clock.advance(1001)
    await gate.ask('statistics', 'bus:1')
    expect(asked).toBe(2)
  })
})
