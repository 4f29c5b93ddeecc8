import { expect, test } from 'vitest'
import type { IngressAnswer } from '#api'
import { fakeGate, feeder, makeAttachment, manualClock, settle } from './harness.ts'

const clock = manualClock()

test('a sink that is attached again takes the place of one left behind, whose calls go nowhere', async () => {
  const gate = fakeGate(clock)
  const former = feeder(gate.hub.port.attachSink(makeAttachment()))
  former.feed.ready()
  await settle()
  const client = gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1' })
  await settle()
  const next = feeder(gate.hub.port.attachSink(makeAttachment()))
  expect(client.closed()).toBe('detached')
  next.feed.ready()
  await settle()
  const back = gate.connect()
  back.send({ type: 'subscribe', id: 1, channel: 'bus:1' })
  await settle()
  former.record([{ channel: 'bus:1', data: 'former', key: 'k' }])
  former.feed.open([{ topic: 't', partition: 0, offset: 0n }])
  former.feed.upstream({ reachable: false, since: 1 })
  former.feed.detach()
  const [old] = [...gate.hub.streams()]
  next.record([{ channel: 'bus:1', data: 'next', key: 'k' }])
  await settle()
  expect(back.closed()).toBeUndefined()
  expect(back.frames.slice(2)).toMatchObject([{ type: 'message', data: 'next' }])
  expect([...gate.hub.streams()]).toEqual([old])
})

test('a source that is attached again takes the place of one left behind', async () => {
  const gate = fakeGate(clock)
  const source = (code: string) =>
    gate.hub.port.attachSource({
      connector: 'reports',
      channels: ['report:*'],
      publish: async (): Promise<IngressAnswer> => ({ ok: false, code, message: 'Which one it was.', retryable: true }),
    })
  const former = source('former')
  source('next')
  former.detach()
  const client = gate.connect()
  client.send({ type: 'publish', id: 1, channel: 'report:1', data: 1 })
  await settle()
  expect(client.of('error')).toMatchObject([{ id: 1, code: 'next' }])
})

test('channels of another connector still overlap', () => {
  const gate = fakeGate(clock)
  gate.hub.port.attachSink(makeAttachment())
  expect(() => gate.hub.port.attachSink(makeAttachment({ connector: 'other' }))).toThrow('overlaps')
})
