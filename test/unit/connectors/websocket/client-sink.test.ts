import { expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { webSocketClientSink } from '../../../../src/connectors/websocket/client-sink.ts'
import { runSink, sinkRecord } from '../../../conformance/run-task.ts'
import { testSink } from '../../../conformance/sink.ts'
import { startWsRemote } from '../../../support/ws-remote.ts'

const fast = { topics: 't', 'reconnect.initial.ms': '20', 'reconnect.max.ms': '50', 'put.timeout.ms': '300' }
const acked = { ack: 'id', message: '{"id":#{id},"value":#{value}}' }

/** An endpoint that keeps what it hears and answers as told. */
async function startEndpoint(answer: (text: string, socket: WebSocket) => void = () => undefined) {
  const heard: string[] = []
  const remote = await startWsRemote((socket) =>
    socket.on('message', (data: Buffer) => {
      heard.push(data.toString())
      answer(data.toString(), socket)
    }),
  )
  return { ...remote, heard }
}

const acknowledge = (text: string, socket: WebSocket): void => {
  const message: unknown = JSON.parse(text)
  socket.send(JSON.stringify({ id: (message as { id: unknown }).id }))
}

for (const acks of [true, false]) {
  testSink({
    connector: webSocketClientSink,
    as: acks ? 'with acknowledgements' : 'without acknowledgements',
    keepsAll: acks,
    async remote() {
      const endpoint = await startEndpoint(acks ? acknowledge : undefined)
      return {
        props: { ...fast, uri: endpoint.uri, 'ack.id': '#{value.n}', ...(acks && acked) },
        async received(count) {
          await expect.poll(() => endpoint.heard.length, { timeout: 5000 }).toBeGreaterThanOrEqual(count)
          return endpoint.heard.map((text) => (acks ? JSON.parse(text).value : JSON.parse(text)))
        },
        async restart() {
          await endpoint.down()
          await endpoint.up()
        },
        stall() {
          for (const socket of endpoint.sockets) socket.pause()
          return () => {
            for (const socket of endpoint.sockets) socket.resume()
          }
        },
        open: () => endpoint.sockets.size,
      }
    },
  })
}

const start = async (
  props: Record<string, string>,
  answer?: (text: string, socket: WebSocket) => void,
  tolerant = false,
) => {
  const endpoint = await startEndpoint(answer)
  const run = await runSink(webSocketClientSink, { props: { ...fast, uri: endpoint.uri, ...props }, tolerant })
  return { endpoint, run }
}

test('sends the value as JSON, or what the template makes of the record', async () => {
  const { endpoint, run } = await start({ message: '[#{value.a},#{value.none},#{key},#{offset},#{header.h}]' })
  await run.put([sinkRecord(3, { a: { big: 2n ** 60n } }, { headers: [{ key: 'h', value: true }] })])
  await expect.poll(() => endpoint.heard).toEqual(['[{"big":"1152921504606846976"},null,"key-3",3,true]'])
})

test('commits only up to the first record that is not acknowledged with all its parts', async () => {
  const replies: (() => void)[] = []
  const { run } = await start(acked, (text, socket) => replies.push(() => acknowledge(text, socket)))
  await run.put([
    sinkRecord(5, 'a'),
    sinkRecord(6, 'b', { path: [0] }),
    sinkRecord(6, 'c', { path: [1] }),
    sinkRecord(7, 'd'),
  ])
  await expect.poll(() => replies.length).toBe(4)
  expect(await run.committable()).toBe(5n)
  replies[0]?.()
  replies[1]?.()
  replies[3]?.()
  await expect.poll(() => run.committable()).toBe(6n)
  replies[2]?.()
  await expect.poll(() => run.committable()).toBe(8n)
})

test('has no more messages on their way than its window, and asks for the rest again', async () => {
  const { endpoint, run } = await start({ ...acked, 'ack.window': '2', 'put.timeout.ms': '50' })
  const records = [0, 1, 2].map((offset) => sinkRecord(offset, offset))
  await expect(run.putOnce(records)).rejects.toMatchObject({ retriable: true })
  await expect(run.putOnce(records)).rejects.toMatchObject({ retriable: true })
  expect(endpoint.heard).toHaveLength(2)
  expect(await run.committable()).toBe(0n)
})

test('sends all that is unacknowledged again, in order, on a new connection', async () => {
  let deaf = true
  const { endpoint, run } = await start(acked, (text, socket) => {
    if (!deaf) acknowledge(text, socket)
  })
  await run.put([0, 1, 2].map((offset) => sinkRecord(offset, offset)))
  await expect.poll(() => endpoint.heard.length).toBe(3)
  deaf = false
  for (const socket of endpoint.sockets) socket.terminate()
  await expect.poll(() => run.committable()).toBe(3n)
  expect(endpoint.heard.map((text) => JSON.parse(text).id)).toEqual([
    't-0-0',
    't-0-1',
    't-0-2',
    't-0-0',
    't-0-1',
    't-0-2',
  ])
})

test('makes the connection anew when an acknowledgement does not come in time', async () => {
  const { endpoint, run } = await start({ ...acked, 'ack.timeout.ms': '60' })
  await run.put([sinkRecord(0, 1)])
  await expect.poll(() => endpoint.heard.length).toBeGreaterThan(1)
  expect(JSON.stringify(run.facts)).toContain('not acknowledged in time')
})

const refuse = (text: string, socket: WebSocket): void => {
  socket.send(JSON.stringify({ reply: { to: JSON.parse(text).id, error: 'no room' } }))
}
const refusable = { ...acked, 'ack.path': 'reply.to', 'ack.error.path': 'reply.error' }

test('reports a record that the endpoint refused, and goes on', async () => {
  const { run } = await start(refusable, refuse, true)
  await run.put([sinkRecord(0, 1)])
  await expect.poll(() => run.committable()).toBe(1n)
  expect(run.errants.map(({ error }) => String(error)).join()).toContain('refused message t-0-0: no room')
})

test('fails when the endpoint refused a record and errors are not tolerated', async () => {
  const { run } = await start(refusable, refuse)
  await run.put([sinkRecord(0, 1)])
  await expect.poll(() => run.putOnce([sinkRecord(1, 1)]).catch(String)).toContain('refused message t-0-0')
  await expect(run.committable()).rejects.toThrow('refused')
})

test('says what it guarantees and whether it is connected', async () => {
  const { endpoint, run } = await start({ ack: 'none' })
  await expect.poll(() => run.facts.at(-1)).toEqual({ connected: true, guarantee: 'at most once at a break' })
  await endpoint.down()
  await expect.poll(() => run.facts.at(-1)).toMatchObject({ connected: false, reason: expect.any(String) })
  const safe = await start(acked)
  expect(safe.run.facts.at(-1)).toMatchObject({ guarantee: 'at least once' })
})

test('sends the last messages again after a break when told to', async () => {
  const { endpoint, run } = await start({ 'resend.window': '2' })
  await run.put([1, 2, 3].map((offset) => sinkRecord(offset, offset)))
  await expect.poll(() => endpoint.heard).toEqual(['1', '2', '3'])
  for (const socket of endpoint.sockets) socket.terminate()
  await expect.poll(() => run.facts.some((said) => 'reason' in said)).toBe(true)
  await run.put([sinkRecord(4, 4)])
  await expect.poll(() => endpoint.heard.slice(3)).toEqual(['2', '3', '4'])
})

test('forgets what belongs to another task, and takes it anew when it comes back', async () => {
  const { endpoint, run } = await start({ ...acked, 'ack.window': '1', 'put.timeout.ms': '30' })
  const records = [sinkRecord(0, 0), sinkRecord(1, 1)]
  await expect(run.putOnce(records)).rejects.toMatchObject({ retriable: true })
  await run.task.close?.([{ topic: 't', partition: 0 }])
  await expect(run.putOnce(records)).rejects.toMatchObject({ retriable: true })
  await expect.poll(() => endpoint.heard.map((text) => JSON.parse(text).value)).toEqual([0, 0])
})

test('lets the worker have its turn while the endpoint is away, and stops promptly then', async () => {
  const run = await runSink(webSocketClientSink, {
    props: { ...fast, uri: 'ws://127.0.0.1:9/', 'put.timeout.ms': '30' },
  })
  await expect(run.putOnce([sinkRecord(0, 1)])).rejects.toMatchObject({ retriable: true })
  const began = Date.now()
  const waiting = run.put([sinkRecord(0, 1)]).catch((error: unknown) => error)
  await run.stop()
  expect(await waiting).toMatchObject({ retriable: true })
  expect(Date.now() - began).toBeLessThan(300)
})

test('waits a moment for the last acknowledgements when it is told to stop', async () => {
  const { run } = await start(acked, (text, socket) => setTimeout(acknowledge, 50, text, socket))
  await run.put([sinkRecord(0, 1)])
  run.abort()
  expect(await run.committable()).toBe(1n)
})

test('complains of acknowledgements by an id that no message has', () => {
  const props = { uri: 'ws://h', ack: 'id', 'resend.window': '1' }
  expect(webSocketClientSink.check?.(webSocketClientSink.config.parse(props), props)?.map(({ key }) => key)).toEqual([
    'message',
    'resend.window',
  ])
})
