import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { EventSource } from 'eventsource'
import { expect, onTestFinished, test } from 'vitest'
import { toNamespaces } from '../../../src/config/namespaces.ts'
import { type Open, type Received, runGate, testTransport, until } from '../../conformance/transport.ts'
import { fakePast } from './fake-past.ts'
import { feeder, makeAttachment } from './harness.ts'

/** Reads the lines as WHATWG HTML §9.2 says, an event with only an id included. */
const open: Open = (gateway, { channel, position, from, snapshot, token }) => {
  const query = new URLSearchParams({ channel, ...(snapshot ? { snapshot: 'true' } : {}), ...(token ? { token } : {}) })
  if (from !== undefined) query.set('from', from)
  // As the address says it; with the header it would be one that comes back.
  if (from !== undefined && position !== undefined) query.set('position', position)
  const sent = request(`${gateway.address.url}/sse?${query.toString()}`, {
    headers: position === undefined || from !== undefined ? {} : { 'last-event-id': position },
  })
  let response: IncomingMessage | undefined
  const received: { -readonly [K in keyof Received]: Received[K] } & {
    messages: unknown[]
    items: unknown[]
    notices: string[]
  } = {
    messages: [],
    items: [],
    snapshotEnded: false,
    subscribed: undefined,
    notices: [],
    refused: undefined,
    ended: undefined,
    position: undefined,
    pause: () => response?.pause(),
    resume: () => response?.resume(),
    close: () => sent.destroy(),
  }
  const dispatch = (block: string): void => {
    let [event, data] = ['message', '']
    for (const line of block.split('\n')) {
      const [name, value] = [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]
      if (name === 'event') event = value
      if (name === 'data') data = value
      if (name === 'id') received.position = value
    }
    if (data === '') return
    const body = JSON.parse(data) as Record<string, unknown>
    if (event === 'message') received.messages.push(body)
    if (event === 'notice') received.notices.push(String(body['code']))
    if (event === 'close') received.ended = String(body['code'])
    if (event === 'snapshot') {
      received.items.push(...(body['items'] as never[]))
      received.snapshotEnded = body['more'] === false
    }
    if (event === 'subscribed') {
      const { recovered, reason } = body as unknown as { recovered: boolean | null; reason?: string }
      received.subscribed = { recovered, ...(reason === undefined ? {} : { reason }) }
    }
  }
  sent.on('error', () => undefined)
  sent.on('response', (answer) => {
    response = answer
    answer.setEncoding('utf8')
    let text = ''
    answer.on('data', (chunk: string) => {
      const blocks = (text + chunk).split('\n\n')
      text = blocks.pop() ?? ''
      if (answer.statusCode === 200) for (const block of blocks) dispatch(block)
    })
    answer.on('error', () => undefined)
    answer.on('close', () => {
      if (answer.statusCode === 200) received.ended ??= 'end'
      else received.refused = (JSON.parse(text) as { code: string }).code
    })
  })
  sent.end()
  return received
}

testTransport(open)

/** A way to the gateway that can be cut, and on which the hint to come back is a millisecond. */
async function cuttable(port: number): Promise<{ url: string; cut(): void }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const upstream = connect(port, '127.0.0.1')
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => upstream.destroy())
    upstream.on('error', () => undefined).on('close', () => socket.destroy())
    socket.pipe(upstream)
    upstream.on('data', (data) => socket.write(data.toString().replace(/retry: \d+/, 'retry: 1')))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(() => {
    server.close()
    cut()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, cut }
}

test('an EventSource comes back by itself with the position of its last event', async () => {
  const { gateway, buses } = await runGate()
  const line = await cuttable(gateway.address.port)
  const source = new EventSource(`${line.url}/sse?channel=bus:1&channel=bus:2`)
  onTestFinished(() => source.close())
  const seen: unknown[] = []
  const told: unknown[] = []
  source.addEventListener('message', ({ data }) => seen.push(JSON.parse(String(data))))
  source.addEventListener('subscribed', ({ data }) =>
    told.push((JSON.parse(String(data)) as { recovered: unknown }).recovered),
  )
  await until(() => told.length === 1)
  buses.record([
    { channel: 'bus:1', data: 1 },
    { channel: 'bus:2', data: 2 },
    { channel: 'bus:3', data: 3 },
  ])
  await until(() => seen.length === 2)
  source.addEventListener('error', () => buses.record([{ channel: 'bus:2', data: 4 }]), { once: true })
  line.cut()
  await until(() => told.length === 2 && seen.length === 3)
  expect(told).toEqual([null, true])
  expect(seen).toEqual([
    { channel: 'bus:1', data: 1 },
    { channel: 'bus:2', data: 2 },
    { channel: 'bus:2', data: 4 },
  ])
})

test('who comes back with its last event and the address that it began with goes on after that event', async () => {
  const at = Array.from({ length: 4 }, (_, n) => ({
    at: 1_700_000_000_000 + n,
    parts: [{ channel: 'bus:1', key: undefined, data: String(n), path: [] }],
  }))
  const namespaces = toNamespaces({
    bus: { subscribe: 'anonymous', publish: 'none', history: 'anonymous' },
    secret: { subscribe: 'token', publish: 'none' },
  })
  const { gateway, buses } = await runGate({ namespaces }, { past: fakePast([at]) })
  for (const n of [0, 1]) buses.record([{ channel: 'bus:1', data: n }])
  const way = await cuttable(gateway.address.port)
  const source = new EventSource(`${way.url}/sse?channel=bus:1&from=earliest`)
  onTestFinished(() => source.close())
  const seen: unknown[] = []
  source.addEventListener('message', ({ data }) => seen.push((JSON.parse(String(data)) as { data: unknown }).data))
  await until(() => seen.length === 2)
  let cuts = 0
  source.addEventListener('error', () => cuts++)
  way.cut()
  await until(() => cuts > 0)
  for (const n of [2, 3]) buses.record([{ channel: 'bus:1', data: n }])
  await until(() => seen.length === 4)
  expect(seen).toEqual([0, 1, 2, 3])
})

test('channels of one connector share a position that is exact for each', async () => {
  const { gateway, buses } = await runGate({}, { templates: ['bus:#{value.id}', 'buses'] })
  const expected = Array.from({ length: 5 }, (_, n) => [`bus:1 ${n}`, `buses ${n}`]).flat()
  const collect = (channels: string, lastEventId?: string): Promise<{ seen: string[]; ids: string[] }> =>
    new Promise((resolve) => {
      const seen: string[] = []
      const sent = request(
        `${gateway.address.url}/sse?${channels}`,
        { headers: lastEventId ? { 'last-event-id': lastEventId } : {} },
        (answer) => {
          const got: string[] = []
          answer.setEncoding('utf8').on('data', (chunk: string) => {
            for (const block of chunk.split('\n\n')) {
              const id = /^id: (.*)$/m.exec(block)?.[1]
              const data = /^data: (\{"channel":.*)$/m.exec(block)?.[1]
              if (id !== undefined && /event: subscribed/.test(block)) got.push(id)
              if (id === undefined || data === undefined) continue
              const { channel, data: n } = JSON.parse(data) as { channel: string; data: number }
              got.push(id)
              seen.push(`${channel} ${n}`)
              if (seen.at(-1) === expected.at(-1)) {
                sent.destroy()
                resolve({ seen, ids: got })
              }
            }
          })
        },
      )
      sent.on('error', () => undefined)
      sent.end()
    })
  const whole = collect('channel=bus:1&channel=buses')
  await until(() => gateway.stats().subscriptions === 1)
  for (let n = 0; n < 5; n++)
    buses.record([
      { channel: 'bus:1', data: n },
      { channel: 'buses', data: n },
    ])
  const first = await whole
  expect(first.seen).toEqual(expected)
  for (const [n, id] of first.ids.slice(0, -1).entries()) {
    const { seen } = await collect('channel=bus:1&channel=buses', id)
    expect(seen).toEqual(expected.slice(n))
  }
})

test('channels of several connectors, no channel and another method are refused', async () => {
  const { gateway } = await runGate()
  const other = feeder(gateway.port.attachSink(makeAttachment({ connector: 'other', templates: ['chat:#{key}'] })))
  other.feed.ready()
  const answer = async (query: string, init: RequestInit = {}): Promise<unknown[]> => {
    const response = await fetch(`${gateway.address.url}/sse${query}`, init)
    const body = (await response.json()) as { code: string; message: string }
    return [response.status, body.code, body.message]
  }
  expect(await answer('?channel=bus:1&channel=chat:1')).toEqual([
    400,
    'several_connectors',
    expect.stringContaining('bus:1, chat:1'),
  ])
  expect(await answer('')).toEqual([400, 'bad_request', expect.any(String)])
  expect(await answer('?channel=bus:1', { method: 'POST' })).toEqual([405, 'bad_request', expect.any(String)])
  expect(await answer('?channel=bus:1', { headers: { origin: 'https://evil.example' } })).toEqual([
    403,
    'forbidden',
    expect.any(String),
  ])
  const stranger = await fetch(`${gateway.address.url}/sse?channel=bus:1`, {
    headers: { origin: 'https://evil.example' },
  })
  expect(stranger.headers.get('access-control-allow-origin')).toBeNull()
})

test('allowed origins are told so, and an idle stream has a heartbeat', async () => {
  const { gateway } = await runGate({ origins: ['https://maps.example'], limits: { pingIntervalMs: 40 } })
  const response = await fetch(`${gateway.address.url}/sse?channel=bus:1`, {
    headers: { origin: 'https://maps.example' },
  })
  expect(response.headers.get('access-control-allow-origin')).toBe('https://maps.example')
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes('\n:\n\n')) text += (await reader?.read())?.value ?? ''
  expect(text).toMatch(/^retry: \d+\n\nevent: subscribed\nid: [\w-]+\.\ndata: /)
  await reader?.cancel()
})

test('a pattern, a filter and a box go over SSE, and what leaves them is told', async () => {
  const { gateway, buses } = await runGate({}, { box: ['lat', 'long'] })
  const query = new URLSearchParams({ channel: 'bus:*', bbox: '0,10,0,10', filter: 'value.lat > 1', snapshot: 'true' })
  buses.record([{ channel: 'bus:1', key: 'a', data: { lat: 2, long: 2 } }])
  buses.record([{ channel: 'bus:2', key: 'b', data: { lat: 0, long: 2 } }])
  const source = new EventSource(`${gateway.address.url}/sse?${query.toString()}`)
  onTestFinished(() => source.close())
  const told: unknown[] = []
  for (const name of ['snapshot', 'message', 'gone'])
    source.addEventListener(name, ({ data }) => told.push([name, JSON.parse(String(data))]))
  await until(() => told.length === 1)
  buses.record([{ channel: 'bus:2', key: 'b', data: { lat: 5, long: 2 } }])
  buses.record([{ channel: 'bus:2', key: 'c', data: { lat: 50, long: 2 } }])
  buses.record([{ channel: 'bus:1', key: 'a', data: { lat: 2, long: 20 } }])
  await until(() => told.length === 3)
  expect(told).toEqual([
    ['snapshot', { channel: 'bus:*', items: [{ channel: 'bus:1', key: 'a', data: { lat: 2, long: 2 } }], more: false }],
    ['message', { channel: 'bus:2', key: 'b', data: { lat: 5, long: 2 } }],
    ['gone', { channel: 'bus:1', key: 'a' }],
  ])
})
