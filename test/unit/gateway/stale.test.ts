import { expect, test } from 'vitest'
import { fakeGate, feeder, makeAttachment, manualClock, settle } from './harness.ts'

async function gate() {
  const fake = fakeGate(manualClock())
  const { feed } = feeder(fake.hub.port.attachSink(makeAttachment()))
  feed.ready()
  const source = fake.hub.port.attachSource({
    connector: 'chat',
    channels: ['chat:*'],
    publish: () => Promise.resolve({ ok: true }),
  })
  await settle()
  const connect = async (channel?: string) => {
    const client = fake.connect()
    client.send({ type: 'connect', id: 1 })
    if (channel !== undefined) client.send({ type: 'subscribe', id: 2, channel })
    await settle()
    const notices = () => client.of('notice').map(({ code, since }) => (since === undefined ? code : [code, since]))
    return { ...client, notices, send: (frame: object) => client.send(frame) }
  }
  return { feed, source, connect }
}

test('who is only connected, or publishes, is told too when nothing can be stored, and since when', async () => {
  const { source, connect } = await gate()
  const [idle, subscriber] = [await connect(), await connect('bus:1')]
  source.upstream?.({ reachable: false, since: 123 })
  const late = await connect()
  for (const client of [idle, subscriber, late]) expect(client.notices()).toEqual([['stale', 123]])
  source.upstream?.({ reachable: true, since: 456 })
  for (const client of [idle, subscriber, late]) expect(client.notices()).toEqual([['stale', 123], 'fresh'])
})

test('when sink and source go and come one after the other, a client is told once each way', async () => {
  const { feed, source, connect } = await gate()
  const subscriber = await connect('bus:1')
  feed.upstream({ reachable: false, since: 100 })
  source.upstream?.({ reachable: false, since: 120 })
  feed.upstream({ reachable: true, since: 200 })
  expect(subscriber.notices()).toEqual([['stale', 100]])
  source.upstream?.({ reachable: true, since: 210 })
  expect(subscriber.notices()).toEqual([['stale', 100], 'fresh'])
})

test('a source that is detached while Kafka is away leaves nobody stale', async () => {
  const { source, connect } = await gate()
  const idle = await connect()
  source.upstream?.({ reachable: false, since: 100 })
  source.detach()
  expect(idle.notices()).toEqual([['stale', 100], 'fresh'])
})
