import { expect, test } from 'vitest'
import { toNamespaces } from '../../../src/config/namespaces.ts'
import { type FakeClient, fakeGate, feeder, makeAttachment, manualClock, settle } from './harness.ts'

async function setUp(adaptive: boolean) {
  const clock = manualClock()
  const gate = fakeGate(clock, {
    namespaces: toNamespaces({ bus: { subscribe: 'anonymous', publish: 'none', adaptive } }),
    limits: { sendBufferBytes: 10_000 },
  })
  const buses = feeder(gate.hub.port.attachSink(makeAttachment()))
  buses.feed.ready()
  await settle()
  const client = gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1' })
  await settle()
  let n = 0
  const publish = async (): Promise<void> => {
    buses.record([{ channel: 'bus:1', key: `k${n % 3}`, data: n++ }])
    await settle()
  }
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    gate.fanOut.tick(clock.now())
    gate.hub.tick(clock.now())
    await settle()
  }
  return { gate, client, publish, pass }
}

const modes = (client: FakeClient): unknown[] =>
  client.of('notice').flatMap(({ code, delivery }) => (code === 'mode' ? [delivery] : []))

test('who falls behind in every gets latest, is told so, and gets every message again when nothing is replaced any more', async () => {
  const { gate, client, publish, pass } = await setUp(true)
  await publish()
  client.waiting = 9990
  for (let n = 1; n < 40; n++) {
    await publish()
    await pass(100)
  }
  expect(client.of('message')).toHaveLength(1)
  client.drain()
  expect(modes(client)).toEqual(['latest'])
  expect(client.of('message').map(({ data }) => data)).toEqual([0, 37, 38, 39])
  await pass(1000)
  const replaced = client.of('notice').filter(({ code }) => code === 'conflated')
  // None without a word: what came and what was counted are all there were.
  expect(client.of('message').length + Number(replaced[0]?.['count'])).toBe(40)
  for (let n = 0; n < 4; n++) await pass(1000)
  await publish()
  await publish()
  expect(modes(client)).toEqual(['latest', 'every'])
  const last = client.of('message').slice(-2)
  expect(last.map(({ data, position }) => [data, typeof position])).toEqual([
    [40, 'string'],
    [41, 'string'],
  ])
  // The cursors stand under the epoch told with the way back.
  const back = gate.connect()
  const told = String(client.of('position').at(-1)?.['position'])
  const position = told.slice(0, told.indexOf('.')) + String(last[0]?.['position'])
  back.send({ type: 'subscribe', id: 1, channel: 'bus:1', position })
  await settle()
  expect(back.of('message').map(({ data }) => data)).toEqual([41])
})

test('without leave of the namespace who falls behind in every gets all of it', async () => {
  const { client, publish, pass } = await setUp(false)
  client.waiting = 9990
  for (let n = 0; n < 40; n++) {
    await publish()
    await pass(100)
  }
  client.drain()
  expect(client.of('message')).toHaveLength(40)
  expect(client.of('notice')).toEqual([])
})
