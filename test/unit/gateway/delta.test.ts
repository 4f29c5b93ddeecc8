import { applyStringDelta } from 'fossil-delta'
import { describe, expect, it } from 'vitest'
import {
  type FakeClient,
  type FakeGate,
  type Frame,
  fakeGate,
  feeder,
  makeAttachment,
  manualClock,
  settle,
} from './harness.ts'

const channel = 'bus:1'
const filler = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`field${i}`, `wert–${i}`]))
const text = (n: number): object => ({ id: 1, n, ...filler })

async function open(window = { maxBytes: 1 << 26, maxAgeMs: 3_600_000 }) {
  const clock = manualClock()
  const gate = fakeGate(clock)
  const feed = feeder(gate.hub.port.attachSink(makeAttachment({ window })))
  feed.feed.ready()
  await settle()
  return { clock, gate, feed, put: (data: unknown) => feed.record([{ channel, data, key: '1' }]) }
}

async function subscribe(gate: FakeGate, more: object = {}): Promise<FakeClient> {
  const client = gate.connect()
  client.send({ type: 'subscribe', id: 1, channel, delta: 'fossil', ...more })
  await settle()
  return client
}

/** What a client that does as the docs say has of each message. */
function read(frames: readonly Frame[]): unknown[] {
  let base: string | undefined
  return frames.map((frame) => {
    if (frame['deleted'] === true) {
      base = undefined
      return 'deleted'
    }
    if (frame['delta'] === true && base === undefined) throw new Error('There is no base.')
    const data = String(frame['data'])
    base = frame['delta'] === true ? applyStringDelta(base ?? '', data) : data
    return JSON.parse(base) as unknown
  })
}

const marks = (client: FakeClient): unknown[] => client.of('message').map((frame) => frame['delta'])

describe('deltas of a subscription', () => {
  it('begin with the whole text and go on from message to message', async () => {
    const { gate, put } = await open()
    put(text(0))
    const client = await subscribe(gate)
    for (let n = 1; n <= 4; n++) {
      put(text(n))
      await settle()
    }
    expect(client.of('subscribed')[0]?.['granted']).toMatchObject({ delta: 'fossil' })
    expect(marks(client)).toEqual([false, true, true, true])
    expect(read(client.of('message'))).toEqual([1, 2, 3, 4].map(text))
    expect(String(client.of('message')[1]?.['data']).length).toBeLessThan(60)
  })

  it('are whole for the first of several messages that come at once', async () => {
    const { gate, put } = await open()
    const client = await subscribe(gate)
    put(text(1))
    put(text(2))
    put(text(3))
    await settle()
    expect(marks(client)).toEqual([false, true, true])
    expect(read(client.of('message'))).toEqual([1, 2, 3].map(text))
  })

  it('are shared: all who have the base get the same bytes, and others what they asked for', async () => {
    const { gate, put } = await open()
    const [first, second] = [await subscribe(gate), await subscribe(gate)]
    const plain = gate.connect()
    plain.send({ type: 'subscribe', id: 1, channel })
    await settle()
    put(text(1))
    await settle()
    const late = await subscribe(gate)
    put(text(2))
    await settle()
    expect(marks(first)).toEqual([false, true])
    expect(second.of('message')).toEqual(first.of('message'))
    expect(marks(late)).toEqual([false])
    expect(plain.of('message').map((frame) => frame['data'])).toEqual([1, 2].map(text))
    expect(marks(plain)).toEqual([undefined, undefined])
  })

  it('are not made of messages that are no longer as a whole', async () => {
    const { gate, put } = await open()
    const client = await subscribe(gate)
    for (const data of [{ a: 1 }, { a: 2 }, [], text(1), text(2)]) {
      put(data)
      await settle()
    }
    expect(marks(client)).toEqual([false, false, false, false, true])
    expect(read(client.of('message'))).toEqual([{ a: 1 }, { a: 2 }, [], text(1), text(2)])
  })

  it('begin anew after a deletion', async () => {
    const { gate, put } = await open()
    const client = await subscribe(gate)
    for (const data of [text(1), undefined, text(2), text(3)]) {
      put(data)
      await settle()
    }
    expect(marks(client)).toEqual([false, undefined, false, true])
    expect(read(client.of('message'))).toEqual([text(1), 'deleted', text(2), text(3)])
  })

  it('begin anew after an entry of the snapshot expired', async () => {
    const clock = manualClock()
    const gate = fakeGate(clock)
    const attachment = makeAttachment({ snapshot: { expireMs: 1000, maxBytes: 1 << 24, maxEntries: 1000 } })
    const { feed, record } = feeder(gate.hub.port.attachSink(attachment))
    feed.ready()
    await settle()
    const client = await subscribe(gate)
    record([{ channel, data: text(1), key: '1' }])
    clock.advance(2000)
    gate.hub.tick(clock.now())
    record([{ channel, data: text(2), key: '1' }])
    await settle()
    expect(marks(client)).toEqual([false, undefined, false])
    expect(read(client.of('message'))).toEqual([text(1), 'deleted', text(2)])
  })

  it('begin anew after a resume, and go on from what was missed to what is live', async () => {
    const { gate, put } = await open()
    const first = await subscribe(gate)
    put(text(1))
    await settle()
    const epoch = String(first.of('subscribed')[0]?.['position']).split('.')[0]
    const position = `${epoch}${String(first.of('message')[0]?.['position'])}`
    first.disconnect()
    const holder = await subscribe(gate)
    put(text(2))
    put(text(3))
    await settle()
    const client = await subscribe(gate, { position })
    put(text(4))
    await settle()
    expect(client.of('subscribed')[0]).toMatchObject({ recovered: true })
    expect(marks(client)).toEqual([false, true, true])
    expect(read(client.of('message'))).toEqual([2, 3, 4].map(text))
    expect(read(holder.of('message'))).toEqual([2, 3, 4].map(text))
  })

  it('are whole for the next message of a client that was too slow for one', async () => {
    const { gate, put } = await open()
    const client = await subscribe(gate)
    put(text(1))
    await settle()
    client.waiting = 1024 * 1024 - 10
    for (let n = 2; n < 2000; n++) put({ ...text(n), pad: `${n}`.repeat(40) })
    await settle()
    client.drain()
    await settle()
    put(text(0))
    await settle()
    const all = read(client.of('message'))
    expect(all.length).toBe(2000)
    expect(all.at(-1)).toEqual(text(0))
    expect(marks(client).slice(0, 3)).toEqual([false, false, true])
  })

  it('are made without a window, too', async () => {
    const { gate, put } = await open({ maxBytes: 0, maxAgeMs: 0 })
    const client = await subscribe(gate)
    for (let n = 1; n <= 3; n++) {
      put(text(n))
      await settle()
    }
    expect(marks(client)).toEqual([false, true, true])
    expect(read(client.of('message'))).toEqual([1, 2, 3].map(text))
  })

  it('hold the last text of a channel only while somebody wants them', async () => {
    const { gate, put } = await open()
    const client = await subscribe(gate)
    put(text(1))
    await settle()
    const state = [...gate.hub.streams()][0]?.channels.get(channel)
    expect(state?.text).toBe(JSON.stringify(text(1)))
    client.disconnect()
    put(text(2))
    expect(state?.text).toBeUndefined()
    expect(state?.log.items.at(-1)?.base).toBeUndefined()
  })
})
