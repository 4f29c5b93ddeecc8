import { describe, expect, it } from 'vitest'
import { type FakeClient, type FakeGate, fakeGate, feeder, makeAttachment, manualClock, settle } from './harness.ts'

const channel = 'bus:1'
const big = { id: 1, pad: 'x'.repeat(3000) }
const small = { id: 1 }

async function open(messageBytes = 1024 * 1024) {
  const gate = fakeGate(manualClock(), { limits: { messageBytes } })
  const feed = feeder(gate.hub.port.attachSink(makeAttachment()))
  feed.feed.ready()
  await settle()
  return { gate, put: (data: unknown) => feed.record([{ channel, data, key: '1' }]) }
}

async function connect(gate: FakeGate, maxMessageBytes?: number, more: object = {}): Promise<FakeClient> {
  const client = gate.connect()
  client.send({ type: 'connect', id: 1, ...(maxMessageBytes === undefined ? {} : { maxMessageBytes }) })
  client.send({ type: 'subscribe', id: 2, channel, ...more })
  await settle()
  return client
}

const told = (client: FakeClient): unknown[] =>
  client.frames.filter(({ type }) => type === 'message' || type === 'notice').map((frame) => frame['data'] ?? frame)

const notice = {
  type: 'notice',
  code: 'oversize',
  subscription: 2,
  size: expect.any(Number),
  position: expect.any(String),
}

describe('messages larger than a client takes', () => {
  it('are replaced by a notice with size and position for it alone', async () => {
    const { gate, put } = await open()
    const [limited, other] = [await connect(gate, 2048), await connect(gate)]
    expect(limited.of('connected')[0]?.['limits']).toMatchObject({ messageBytes: 2048 })
    expect(other.of('connected')[0]?.['limits']).toMatchObject({ messageBytes: 1024 * 1024 })
    put(small)
    put(big)
    put(small)
    await settle()
    expect(told(limited)).toEqual([small, notice, small])
    expect(told(other)).toEqual([small, big, small])
    const position = other.of('message')[1]?.['position']
    expect(limited.of('notice')[0]).toMatchObject({ position })
    expect(Number(limited.of('notice')[0]?.['size'])).toBeGreaterThan(3000)
  })

  it('are bounded by the gate whatever the client asks', async () => {
    const { gate, put } = await open(2048)
    const client = await connect(gate, 1_000_000)
    put(big)
    await settle()
    expect(client.of('connected')[0]?.['limits']).toMatchObject({ messageBytes: 2048 })
    expect(told(client)).toEqual([notice])
  })

  it('have a position that a client can resume after', async () => {
    const { gate, put } = await open()
    const client = await connect(gate, 2048)
    put(big)
    put(big)
    await settle()
    const epoch = String(client.of('subscribed')[0]?.['position']).split('.')[0]
    const position = `${epoch}${String(client.of('notice')[0]?.['position'])}`
    client.disconnect()
    put(small)
    const again = await connect(gate, 2048, { position })
    await settle()
    expect(again.of('subscribed')[0]).toMatchObject({ recovered: true })
    expect(told(again)).toEqual([notice, small])
  })

  it('are no base of a delta, and a delta may well fit', async () => {
    const { gate, put } = await open()
    const client = await connect(gate, 2048, { delta: 'fossil' })
    const text = (n: number): object => ({ n, pad: Array.from({ length: 40 }, (_, i) => `field ${i}`) })
    for (const data of [
      text(1),
      { ...text(2), more: 'x'.repeat(3000) },
      text(3),
      text(4),
      { ...text(5), more: 'y'.repeat(1500) },
    ]) {
      put(data)
      await settle()
    }
    expect(client.frames.slice(2).map(({ code, delta }) => code ?? delta)).toEqual([
      false,
      'oversize',
      false,
      true,
      true,
    ])
  })

  it('make a snapshot come in smaller pages', async () => {
    const gate = fakeGate(manualClock())
    const { feed, record } = feeder(gate.hub.port.attachSink(makeAttachment()))
    feed.ready()
    await settle()
    const entry = (n: number): object => ({ n, text: 'a "quoted", {braced} ]'.repeat(3) })
    for (let n = 0; n < 100; n++) record([{ channel, key: `${n}`, data: n === 50 ? { n, ...big } : entry(n) }])
    const client = await connect(gate, 2048, { snapshot: true })
    const pages = client.of('snapshot')
    const items = pages.flatMap((page) => page['items'] as { key: string; data: unknown }[])
    expect(items.map(({ data }) => data)).toEqual(Array.from({ length: 100 }, (_, n) => entry(n)).toSpliced(50, 1))
    expect(Math.max(...pages.map((page) => Buffer.byteLength(JSON.stringify(page))))).toBeLessThan(2048)
    expect(pages.map((page) => page['more'])).toEqual([...pages.slice(1).map(() => true), false])
    expect(client.of('notice')).toEqual([
      { type: 'notice', code: 'oversize', subscription: 2, size: expect.any(Number) },
    ])
  })

  it('cost those nothing who share a form and take them', async () => {
    const { gate, put } = await open()
    const clients = await Promise.all([connect(gate, 2048), connect(gate, 2048), connect(gate, 1024), connect(gate)])
    put(big)
    await settle()
    const [state] = [...gate.hub.streams()]
    const frames = state?.channels.get(channel)?.log.items.at(-1)?.frames
    expect(frames?.filter(Boolean)).toHaveLength(1)
    expect(clients.map((client) => told(client))).toEqual([[notice], [notice], [notice], [big]])
  })
})
