import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import { expect, inject, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/util/clock.ts'
import { eventually } from '../support/eventually.ts'
import { testHerder } from '../support/test-herder.ts'
import { kafkaClient, newTopic, readAll, write } from '../support/topics.ts'
import { type FakeClient, type FakeGate, fakeGate } from '../unit/gateway/harness.ts'

const signal = new AbortController().signal

async function deleteTopic(topic: string): Promise<void> {
  const admin = new Kafka({ brokers: [inject('kafka')], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    await admin.deleteTopics({ topics: [topic] })
    await eventually(async () => !(await admin.listTopics()).includes(topic), { what: `the end of ${topic}` })
  } finally {
    await admin.disconnect()
  }
}

test('a topic that is deleted keeps nobody from asking about the others', async () => {
  const kafka = kafkaClient()
  const [gone, later] = [await newTopic(), await newTopic()]
  await write(gone, ['a'])
  await write(later, ['b'])
  expect(await kafka.newest([gone], 5, signal)).toHaveLength(1)
  expect(await kafka.timestampAt({ topic: gone, partition: 0 }, 0n)).toBeTypeOf('number')
  await deleteTopic(gone)
  expect((await kafka.newest([later], 5, signal)).map(({ value }) => String(value))).toEqual(['b'])
  expect((await readAll(later, 1, kafka)).map(({ value }) => String(value))).toEqual(['b'])
  expect(await kafka.timestampAt({ topic: later, partition: 0 }, 0n)).toBeTypeOf('number')
  const group = `deleted-${randomUUID()}`
  await kafka.alterOffsets(group, [{ topic: later, partition: 0, offset: 1n }])
  expect(await kafka.committed(group, [])).toEqual([{ topic: later, partition: 0, offset: 1n }])
  expect(await kafka.newest([gone], 5, signal)).toEqual([])
})

/** A worker of this process with its gate. */
async function startWorker(topic: string) {
  const gate = fakeGate(systemClock)
  // How often it looks at its topics, and how long it waits for records.
  const workerProps = { 'consumer.metadata.max.age.ms': '5000', 'consumer.fetch.max.wait.ms': '50' }
  const { herder } = testHerder({ bootstrapServers: inject('kafka'), gateway: gate.hub.port, workerProps })
  const config = {
    'connector.class': 'WebSocketServerSink',
    topics: topic,
    channel: 'bus:1',
    'message.key': 'key',
    'value.converter': 'JsonConverter',
    'value.converter.schemas.enable': 'false',
  }
  // Positions of one worker are good at another of the same connector.
  await herder.putConnector('deleted', config, { replace: false })
  const timer = setInterval(() => gate.hub.tick(Date.now()), 200)
  onTestFinished(() => clearInterval(timer))
  await eventually(() => [...gate.hub.streams()].length === 1 && gate.hub.isReady(), { timeoutMs: 20_000 })
  return { gate, herder }
}

async function subscribe(gate: FakeGate, more: object = {}): Promise<FakeClient> {
  const client = gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1', ...more })
  await eventually(() => client.of('subscribed').length === 1)
  return client
}

const datas = (client: FakeClient): unknown[] => client.of('message').map(({ data }) => data)
const positionOf = (client: FakeClient): string => {
  const told = client.frames.flatMap(({ position }) => (typeof position === 'string' ? [position] : []))
  const whole = told.filter((position) => !position.startsWith('.')).at(-1) ?? ''
  const last = told.at(-1) ?? ''
  return last.startsWith('.') ? whole.slice(0, whole.indexOf('.')) + last : last
}
const numbered = (name: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${name} ${n}`)
const records = (values: readonly string[]) => values.map((value) => ({ key: value, value: JSON.stringify(value) }))

test.each([
  ['while it is read', false],
  ['unnoticed', true],
])(
  'a topic that is deleted and made anew with more records %s is never taken for the former',
  async (_, isUnnoticed) => {
    const topic = await newTopic()
    const { gate, herder } = await startWorker(topic)
    const [client, idle] = [await subscribe(gate), await subscribe(gate)]
    // Its epoch began while the topic was empty.
    const early = positionOf(idle)
    await write(topic, records(numbered('old', 5)))
    await eventually(() => datas(client).length === 5)
    const position = positionOf(client)
    const resumed = await subscribe(gate, { position: early })
    await eventually(() => datas(resumed).length === 5)
    expect(resumed.of('subscribed')).toMatchObject([{ recovered: true }])

    // Who does not read does not hear that there is no such topic for a moment.
    if (isUnnoticed) await herder.setTargetState('deleted', 'PAUSED')
    if (isUnnoticed) await eventually(async () => (await herder.readers('deleted'))[0]?.state === 'PAUSED')
    await deleteTopic(topic)
    const kafka = kafkaClient()
    await kafka.createTopic(topic, { partitions: 1, replicationFactor: 1 })
    await write(topic, records(numbered('new', 12)), kafka)
    if (isUnnoticed) await herder.setTargetState('deleted', 'STARTED')

    await eventually(() => client.closed() === 'detached', { timeoutMs: 20_000, what: 'the word to its subscribers' })
    await eventually(() => [...gate.hub.streams()][0]?.tracker.vector().next[0] === 12, { timeoutMs: 20_000 })
    const snapshotOf = ({ of }: FakeClient): unknown[] =>
      of('snapshot').flatMap(({ items }) => (items as { data: unknown }[]).map(({ data }) => data))
    const { gate: other } = await startWorker(topic)
    for (const at of [gate, other]) {
      for (const former of [position, early]) {
        const back = await subscribe(at, { position: former, snapshot: true })
        expect(back.of('subscribed')).toMatchObject([{ recovered: false, reason: 'topic_changed' }])
        await eventually(() => snapshotOf(back).length >= 12)
        expect(snapshotOf(back)).toHaveLength(12)
        expect(new Set(snapshotOf(back))).toEqual(new Set(numbered('new', 12)))
        expect(datas(back)).toEqual([])
      }
    }
    // Positions of the new topic are good at both.
    const anew = positionOf(await subscribe(gate))
    for (const at of [gate, other])
      expect((await subscribe(at, { position: anew })).of('subscribed')).toMatchObject([{ recovered: true }])
  },
)
