import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type FakeClient, fakeGate, feeder, makeAttachment, manualClock, settle } from './harness.ts'

const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('publish' as const),
        key: fc.nat({ max: 7 }),
        isGone: fc.boolean(),
        channel: fc.nat({ max: 1 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('block' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('drain' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('pong' as const), count: fc.integer({ min: 1, max: 8 }) }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.constantFrom(10, 100, 1000, 5000, 61_000) }),
    },
  ),
  { maxLength: 80 },
)

/** What a plain client makes of its frames: its state, and the state that its position speaks of. */
function read(client: FakeClient): { readonly state: Map<string, unknown>; readonly position: string | undefined } {
  const state = new Map<string, unknown>()
  let position: string | undefined
  for (const frame of client.frames) {
    const items = frame.type === 'batch' ? (frame['items'] as Record<string, unknown>[]) : [frame]
    if (frame.type === 'message' || frame.type === 'batch') {
      if ('position' in frame) throw new Error('A conflated message told a position.')
      for (const { data, deleted } of items) state.set(String(frame['key']), deleted ? undefined : data)
    }
    if (['subscribed', 'position', 'live'].includes(frame.type)) position = String(frame['position'])
  }
  return { state, position }
}

test('whatever comes when, latest and batch end with the newest of every key, and no position is ahead of what was sent', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.constantFrom('latest', 'batch'),
      fc.constantFrom(undefined, 5, 50),
      fc.constantFrom(3, 1000),
      fc.constantFrom(0, 2000),
      async (todo, delivery, maxRate, conflatedMessages, inFlightBytes) => {
        const clock = manualClock()
        const gate = fakeGate(clock, {
          limits: { conflatedMessages, inFlightBytes, pingTimeoutMs: 1e9 },
          position: { intervalMs: 1000 },
        })
        const buses = feeder(gate.hub.port.attachSink(makeAttachment()))
        buses.feed.ready()
        await settle()
        const open = async (position?: string): Promise<FakeClient> => {
          const client = gate.connect()
          client.send({
            type: 'subscribe',
            id: 1,
            channel: 'bus:1',
            delivery,
            ...(position ? { position } : { maxRate }),
          })
          await settle()
          return client
        }
        const client = await open()
        const newest = new Map<string, unknown>()
        let ponged = 0
        const pong = (count: number): void => {
          for (const end = Math.min(client.of('ping').length, ponged + count); ponged < end; ponged++)
            client.send({ type: 'pong' })
        }
        const pass = (ms: number): void => {
          clock.advance(ms)
          gate.fanOut.tick(clock.now())
          gate.hub.tick(clock.now())
          gate.fanOut.flush()
        }
        let n = 0
        for (const step of todo) {
          if (step.do === 'publish') {
            const [key, data] = [`k${step.key}`, step.isGone ? undefined : n++]
            buses.record([{ channel: `bus:${1 + step.channel}`, key, data }])
            if (step.channel === 0) newest.set(key, data)
          }
          if (step.do === 'sweep') gate.fanOut.flush()
          if (step.do === 'block') client.waiting = 1 << 20
          if (step.do === 'drain') client.drain()
          if (step.do === 'pong') pong(step.count)
          if (step.do === 'time') pass(step.ms)
          const { pull } = client.session.client.subscriptions.get(1) ?? {}
          expect(pull?.conflation?.size() ?? 0).toBeLessThanOrEqual(
            Math.min(conflatedMessages, delivery === 'latest' ? 8 : 800),
          )
          if (client.closed() !== undefined) break
        }
        // Whoever comes back with the position told last has the newest of every key too.
        const before = read(client)
        const back = await open(before.position)
        gate.fanOut.flush()
        for (let turn = 0; turn < 200 && back.of('ping').length > turn; turn++) back.send({ type: 'pong' })
        expect(back.of('subscribed')).toMatchObject([{ recovered: true }])
        const resumed = new Map([...before.state, ...read(back).state])
        expect(sorted(resumed)).toEqual(sorted(newest))
        back.disconnect()
        if (client.closed() !== undefined) return
        for (let turn = 0; turn < 60; turn++) {
          client.drain()
          pong(100)
          pass(1000)
        }
        expect(sorted(read(client).state)).toEqual(sorted(newest))
      },
    ),
    { numRuns: 150 },
  )
}, 60_000)

const sorted = (state: ReadonlyMap<string, unknown>): unknown[] =>
  [...state].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, value ?? null])
