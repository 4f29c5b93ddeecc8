import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import type { WebSocket } from 'ws'
import { RetriableError, type Schema } from '#api'
import { webSocketClientSource } from '../../../../src/connectors/websocket/client-source.ts'
import { runSource, type SourceRunOptions } from '../../../conformance/run-task.ts'
import { testSource } from '../../../conformance/source.ts'
import { startWsRemote } from '../../../support/ws-remote.ts'

const fast = { 'reconnect.initial.ms': '20', 'reconnect.max.ms': '50' }

/** A feed that numbers its messages with `seq` and continues behind the cursor that the address carries. */
async function startFeed() {
  const log: string[] = []
  const send = (socket: WebSocket, from: number) => {
    for (const text of log.slice(from)) socket.send(text)
  }
  const remote = await startWsRemote((socket, request) => {
    const since = new URL(request.url ?? '/', 'ws://x').searchParams.get('since')
    send(socket, since === null ? log.length : Number(since))
  })
  return {
    ...remote,
    connected: () => expect.poll(() => remote.sockets.size).toBe(1),
    push(fields: object) {
      log.push(JSON.stringify({ ...fields, seq: log.length + 1 }))
      for (const socket of remote.sockets) send(socket, log.length - 1)
    },
  }
}

testSource({
  connector: webSocketClientSource,
  resumes: true,
  async remote() {
    const feed = await startFeed()
    return {
      props: {
        ...fast,
        uri: `${feed.uri}/feed?since=#{cursor}`,
        topic: 'feed',
        records: 'items',
        'cursor.path': 'seq',
        'buffer.max.bytes': '100000',
      },
      async feed(numbers) {
        for (const n of numbers) feed.push({ items: [{ n }] })
      },
      async poison() {
        feed.push({ items: [{ n: 'one' }] })
        return undefined
      },
      async restart() {
        await feed.down()
        await feed.up()
      },
      async flood() {
        await feed.connected()
        const waiting = () => Math.max(...[...feed.sockets].map((socket) => socket.bufferedAmount))
        let sent = 0
        const pad = 'x'.repeat(50_000)
        // Held back: what the system's buffers cannot take stays in this process.
        while (waiting() < 1_000_000) {
          feed.push({ items: [{ n: sent++, pad }] })
          await new Promise((resolve) => setImmediate(resolve))
        }
        return sent
      },
      open: () => feed.sockets.size,
    }
  },
})

const start = async (props: Record<string, string>, more: Partial<SourceRunOptions> = {}) => {
  const feed = await startFeed()
  const run = await runSource(webSocketClientSource, {
    ...more,
    props: { ...fast, uri: `${feed.uri}/feed`, topic: 'feed', ...props },
  })
  await feed.connected()
  const say = (text: string | Buffer) => {
    for (const socket of feed.sockets) socket.send(text)
  }
  return { feed, run, say, facts: () => run.facts.at(-1) }
}

const struct = (...names: string[]): Schema => ({
  type: 'struct',
  fields: names.map((name) => ({ name, schema: { type: 'int64' as const } })),
})

test('makes one record of a message, fitted to its schema and keyed by it', async () => {
  const schema = struct('id')
  const { run, say } = await start({ key: 'v#{value.id}' }, { valueSchema: async () => schema })
  say('{"id":"9007199254740993"}')
  expect(await run.records(1)).toMatchObject([
    {
      topic: 'feed',
      key: 'v9007199254740993',
      value: { id: 9007199254740993n },
      valueSchema: schema,
      sourceOffset: {},
    },
  ])
})

test('makes one record of each element, and none of a message without the array', async () => {
  const { run, say } = await start({ records: 'entity' })
  say('{"hello":1}')
  say('{"entity":[]}')
  say('{"entity":["a","b"]}')
  expect((await run.records(2)).map(({ value }) => value)).toEqual(['a', 'b'])
})

test('makes a key of an integer beyond 2^53 with all its digits', async () => {
  const { run, say } = await start({ records: 'items', key: '#{message.feed}/#{value.n}' })
  say('{"feed":9007199254740993,"items":[{"n":1}]}')
  expect(await run.records(1)).toMatchObject([{ key: '9007199254740993/1' }])
})

test('takes a message that is an array apart', async () => {
  const { run, say } = await start({ records: '[]' })
  say('[1,2]')
  expect((await run.records(2)).map(({ value }) => value)).toEqual([1, 2])
})

test('lets only the last record of a message carry its cursor', async () => {
  const { run, say } = await start({
    records: 'items',
    'cursor.path': 'seq',
    subscribe: '#{cursor}',
    'cursor.initial': '7',
  })
  say('{"seq":8,"items":[1,2]}')
  expect((await run.records(2)).map(({ sourceOffset }) => sourceOffset)).toEqual([{ cursor: '7' }, { cursor: 8 }])
})

test.each([
  ['text', 'hällo', 'string', 'hällo'],
  ['binary', Buffer.from([0, 255]), 'bytes', Buffer.from([0, 255])],
])('takes messages as %s', async (format, sent, type, value) => {
  const { run, say } = await start({ 'message.format': format })
  say(sent)
  expect(await run.records(1)).toMatchObject([{ value, valueSchema: { type } }])
})

test('sends headers, subprotocols and subscriptions, again after each connect and with the newest cursor', async () => {
  const heard: string[] = []
  const remote = await startWsRemote((socket) => socket.on('message', (data: Buffer) => heard.push(data.toString())))
  const run = await runSource(webSocketClientSource, {
    props: {
      ...fast,
      uri: `${remote.uri}/feed?token=secret`,
      topic: 'feed',
      headers: 'Authorization: Bearer a,b, X-Other: 1',
      subprotocol: 'v2, v1',
      subscribe: '["hello", {"op":"subscribe","since":"#{cursor}"}]',
      'cursor.path': 'seq',
    },
  })
  await expect.poll(() => heard).toEqual(['hello', '{"op":"subscribe","since":null}'])
  expect(remote.requests[0]?.headers).toMatchObject({
    authorization: 'Bearer a,b',
    'x-other': '1',
    'sec-websocket-protocol': 'v2,v1',
  })
  for (const socket of remote.sockets) socket.send('{"seq":5}')
  const [record] = await run.records(1)
  expect(record?.sourcePartition).toEqual({ uri: `${remote.uri}/feed` })
  for (const socket of remote.sockets) socket.send('{"seq":6}')
  for (const socket of remote.sockets) socket.close()
  await expect.poll(() => heard.slice(2)).toEqual(['hello', '{"op":"subscribe","since":6}'])
})

test('counts what a feed without cursor sent during a break as unknown', async () => {
  const { feed, run, say, facts } = await start({})
  say('1')
  await run.records(1)
  await feed.down()
  await expect.poll(facts).toMatchObject({ connected: false, gaps: 1, unknownSince: expect.any(String) })
  await feed.up()
  await feed.connected()
  say('2')
  await run.records(1)
  expect(facts()).toMatchObject({ connected: true, gaps: 1, unknownUntil: expect.any(String) })
})

test('stops reading when its buffer is full, counts that, and reads on when there is room', async () => {
  const { run, say, facts } = await start({ 'message.format': 'text', 'buffer.max.bytes': '1000' })
  for (let count = 0; count < 20; count++) say('x'.repeat(100))
  await expect.poll(facts).toMatchObject({ paused: true, gaps: 1 })
  await run.records(20)
  await expect.poll(facts).toMatchObject({ paused: false })
  say('more')
  expect(await run.records(1)).toMatchObject([{ value: 'more' }])
})

test('connects anew when nothing came for too long', async () => {
  const { feed } = await start({ 'idle.timeout.ms': '40' })
  await expect.poll(() => feed.requests.length).toBeGreaterThan(2)
})

test('gives up a connection that answers no ping', async () => {
  const { feed, run } = await start({ 'ping.interval.ms': '30' })
  for (const socket of feed.sockets) socket.pause()
  await expect.poll(() => JSON.stringify(run.facts)).toContain('no pong came')
  await expect.poll(() => feed.requests.length).toBeGreaterThan(1)
})

test('breaks the connection at a message that is too long, and says so', async () => {
  const { run, say } = await start({ 'message.max.bytes': '10' })
  say('"12345678901234567890"')
  await expect.poll(() => JSON.stringify(run.facts)).toContain('Max payload size exceeded')
})

test.each([
  ['no JSON', '{', /not JSON.*begins: \{/],
  ['an element that does not fit', '{"items":[{"id":1},{"id":"x"}]}', /In items\[1\]: "id" must be an integer/],
  ['no array where one is due', '{"items":{}}', /"items" must be an array/],
  ['null', '{"items":[null]}', /items\[0\].*null/],
])('fails at %s, after what came before', async (_what, text, problem) => {
  const { run, say } = await start({ records: 'items' }, { valueSchema: async () => struct('id') })
  say('{"items":[{"id":1}]}')
  say(text)
  expect(await run.records(1)).toHaveLength(1)
  await expect(run.records(1)).rejects.toThrow(problem)
})

test('counts what it leaves out when errors are tolerated', async () => {
  const { run, say, facts } = await start({ 'errors.tolerance': 'all' })
  say('{')
  say('1')
  expect(await run.records(1)).toMatchObject([{ value: 1 }])
  expect(facts()).toMatchObject({ skipped: 1, lastSkipped: expect.stringContaining('not JSON') })
})

test('keeps its messages while the registry is away', async () => {
  let away = true
  const { run, say, facts } = await start(
    {},
    {
      valueSchema: async () => {
        if (away) throw new RetriableError('the registry is away')
        return undefined
      },
    },
  )
  say('1')
  await expect.poll(() => run.task.poll()).toEqual([])
  expect(facts()).toMatchObject({ waiting: 'the registry is away' })
  away = false
  expect(await run.records(1)).toMatchObject([{ value: 1 }])
})

test('stops promptly while the feed does not answer the handshake', async () => {
  const { createServer } = await import('node:net')
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  onTestFinished(() => void silent.close())
  const { port } = silent.address() as { port: number }
  const run = await runSource(webSocketClientSource, { props: { uri: `ws://127.0.0.1:${port}`, topic: 't' } })
  const began = Date.now()
  await run.stop()
  expect(Date.now() - began).toBeLessThan(300)
})

test.each([
  [{ uri: 'ws://h/?c=#{cursor}' }, 'cursor.path'],
  [{ 'cursor.path': 'seq' }, 'cursor.path'],
  [{ 'message.format': 'text', records: 'a' }, 'records'],
  [{ 'message.format': 'binary', key: '#{value}' }, 'key'],
])('complains of %j', (given, key) => {
  const props = { uri: 'ws://h/', topic: 't', ...given }
  const complaints = webSocketClientSource.check?.(webSocketClientSource.config.parse(props), props)
  expect(complaints?.map((complaint) => complaint.key)).toContain(key)
})

test.each([
  [{ uri: 'http://h' }, 'ws://'],
  [{ uri: 'ws://h/#a' }, 'fragment'],
  [{ subscribe: '[1' }, 'JSON array'],
  [{ headers: 'nonsense' }, 'Name: value'],
  [{ key: '#{nothing}' }, 'names nothing of a message'],
])('refuses %j', (given, complaint) => {
  const errors = webSocketClientSource.config
    .validate({ uri: 'ws://h/', topic: 't', ...given })
    .flatMap((value) => value.errors)
  expect(errors.join()).toContain(complaint)
})
