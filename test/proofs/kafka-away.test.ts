import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { collectingServer } from '../support/collecting-server.ts'
import { eventually } from '../support/eventually.ts'
import { startOwnStack } from '../support/kafka-stack.ts'
import { follow, itemSink, numberSchema, publishSource, remoteSink } from '../support/pipeline.ts'
import { register } from '../support/registry.ts'
import { evidence, scale } from '../support/scale.ts'
import { kafkaClient, readAll } from '../support/topics.ts'
import { workerHome } from '../support/worker-process.ts'

/** How long Kafka is away. */
const awayMs = scale({ small: 6000, full: 30_000 })

test('while Kafka is away clients stay, nothing is acknowledged that is not in the topic, and nothing is lost to them', {
  timeout: 180_000,
}, async () => {
  const stack = await startOwnStack()
  const kafka = kafkaClient(stack.bootstrapServers)
  const topic = `away.${randomUUID()}`
  await kafka.createTopic(topic, { partitions: 1, replicationFactor: 1 })
  await register(`${topic}-value`, numberSchema, stack.registryUrl)
  const home = await workerHome(stack.bootstrapServers)
  const remote = await collectingServer()
  const worker = await home.start([
    publishSource('in', topic, stack.registryUrl),
    itemSink('items', topic, stack.registryUrl),
    remoteSink('remote', topic, remote.url, stack.registryUrl),
  ])
  await worker.ready()
  const follower = follow(worker.socketUrl, 'all')
  await eventually(() => follower.subscribed.length === 1)

  const acknowledged = new Set<number>()
  const refusals = new Set<string>()
  const answers: Promise<unknown>[] = []
  let seq = 0
  let publishing = true
  async function publishOn(): Promise<void> {
    while (publishing) {
      const own = seq++
      const answer = follower.client.publish('in', { seq: own, id: `k${own % 7}` }).then(
        () => acknowledged.add(own),
        (error: { code: string }) => refusals.add(error.code),
      )
      answers.push(answer)
      await sleep(10)
    }
  }
  const publisher = publishOn()
  await eventually(() => acknowledged.size > 50)

  await stack.kafka.stop()
  const whenStopped = acknowledged.size
  await eventually(() => follower.notices.includes('stale'), {
    timeoutMs: 20_000,
    what: 'the notice that Kafka is away',
  })
  await sleep(awayMs)
  // What was under way when Kafka stopped may have been acknowledged; nothing after that.
  expect(acknowledged.size).toBeLessThan(whenStopped + 100)
  // Who publishes much is held back; who comes now is told.
  const late = follow(worker.socketUrl, 'all')
  await expect(late.client.publish('in', { seq: -1, id: 'late' })).rejects.toMatchObject({
    code: 'kafka_unavailable',
    retryable: true,
  })
  const whenStarted = acknowledged.size
  await stack.kafka.start()
  await eventually(() => follower.notices.includes('fresh'), {
    timeoutMs: 30_000,
    what: 'the notice that Kafka is back',
  })
  await eventually(() => acknowledged.size > whenStarted + 100, { timeoutMs: 30_000, what: 'publishing to go on' })
  publishing = false
  await publisher
  await Promise.all(answers)

  for (const code of refusals) expect(['kafka_unavailable', 'too_many_pending']).toContain(code)
  expect(follower.losses()).toBe(0)
  const stored = await eventually(
    async () => {
      const records = await readAll(topic, acknowledged.size, kafka)
      return (
        new Set(records.map(({ key, value }) => String(key) + String(value?.toString('hex')))).size >=
          acknowledged.size && records
      )
    },
    { what: 'everything acknowledged in the topic' },
  )
  await eventually(() => follower.seqs.length >= stored.length, {
    timeoutMs: 20_000,
    what: 'every record at the client',
  })
  expect(follower.seqs).toHaveLength(stored.length)
  expect(new Set(follower.seqs)).toEqual(new Set([...follower.seqs, ...acknowledged]))
  // The group's sink had its member replaced meanwhile; it repeats at most what was not committed.
  const atRemote = () => new Set(remote.received.map((data) => (data as { seq: number }).seq))
  await eventually(() => [...acknowledged].every((each) => atRemote().has(each)), {
    timeoutMs: 30_000,
    what: 'every record at the endpoint',
  })
  evidence('kafka-away', {
    'Kafka was away for (ms)': awayMs,
    'publishes acknowledged': acknowledged.size,
    'acknowledged and missing in the topic': [...acknowledged].filter((each) => !follower.seqs.includes(each)).length,
    'records in the topic': stored.length,
    'delivered to the client': follower.seqs.length,
    'connections lost': follower.losses(),
    'delivered to a WebSocket endpoint by a group’s sink, missing': [...acknowledged].filter(
      (each) => !atRemote().has(each),
    ).length,
  })
})
