import { randomUUID } from 'node:crypto'
import { expect, inject, onTestFinished, test } from 'vitest'
import { type IngressAnswer, RetriableError } from '#api'
import { webSocketServerSource } from '../../src/connectors/websocket/server-source.ts'
import { converters, headerConverters } from '../../src/converters/index.ts'
import { createKafkaClient } from '../../src/kafka/index.ts'
import { createPlugins } from '../../src/plugins/index.ts'
import { noMetrics, type Peers, startTask, type TaskHandle, type WorkerDeps } from '../../src/runtime/index.ts'
import { openTopicOffsetStore } from '../../src/storage/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { memoryGateway } from '../support/memory-gateway.ts'
import { quietLog } from '../support/quiet.ts'
import { plainValues } from '../support/test-herder.ts'
import { kafkaClient, newTopic } from '../support/topics.ts'

type Handle = (body: Buffer) => Promise<Buffer>

const lanes = 2

/** Workers in one process that reach each other by function calls, and who runs which lane. */
async function startWorkers(count: number) {
  const connector = `ingress-${randomUUID()}`
  const topic = await newTopic()
  const offsetsTopic = `offsets.${randomUUID()}`
  const compacted = { partitions: 2, replicationFactor: 1, configs: { 'cleanup.policy': 'compact' } }
  await kafkaClient().createTopic(offsetsTopic, compacted)
  const owners = new Map<number, string>()
  const ports = new Map<string, Handle>()
  const props = {
    name: connector,
    'connector.class': 'WebSocketServerSource',
    channels: 'report:*',
    topic,
    'ingress.lanes': String(lanes),
    'tasks.max': String(lanes),
  }

  const workers = await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const url = `http://w${at}/`
      const kafka = createKafkaClient({
        bootstrapServers: [inject('kafka')],
        clientId: 'lanes',
        log: quietLog,
        clock: systemClock,
      })
      const clients = { kafka, clientId: 'lanes', log: quietLog, clock: systemClock }
      const offsets = await openTopicOffsetStore({ ...clients, topic: offsetsTopic, committedOnly: true })
      const peers: Peers = {
        url: () => url,
        ownerOf: (_name, task) => owners.get(task),
        serve(port, handle) {
          ports.set(`${url}${port}`, handle)
          return () => {
            if (ports.get(`${url}${port}`) === handle) ports.delete(`${url}${port}`)
          }
        },
        async call(to, port, body) {
          const handle = ports.get(`${to}${port}`)
          if (!handle) throw new RetriableError(`Nobody serves ${port} at ${to}.`)
          return handle(body)
        },
      }
      const gateway = memoryGateway()
      const deps: WorkerDeps = {
        kafka,
        offsets,
        peers,
        gateway: gateway.port,
        plugins: createPlugins([converters, headerConverters]),
        log: quietLog,
        clock: systemClock,
        workerProps: {
          'key.converter': 'StringConverter',
          'value.converter': 'JsonConverter',
          'value.converter.schemas.enable': 'false',
          'bootstrap.servers': inject('kafka'),
          'offset.storage.topic': offsetsTopic,
        },
        settings: {
          'offset.flush.interval.ms': 60_000,
          'offset.flush.timeout.ms': 5000,
          'task.shutdown.graceful.timeout.ms': 5000,
          'topic.creation.enable': true,
        },
        metrics: noMetrics,
        resolver: plainValues,
        topics: { record() {} },
        exactlyOnce: true,
      }
      const spec = { plugin: webSocketServerSource, connector, props, paused: false }
      const door = startTask({ ...spec, task: 0, isDoor: true }, deps)
      return {
        url,
        kafka,
        offsets,
        gateway,
        door,
        startLane: (task: number) => startTask({ ...spec, task, exactlyOnce: ownOf(task) }, deps),
      }
    }),
  )
  const ownOf = (task: number) => ({
    transactionalId: `eos-${connector}-${task}`,
    fence: async () => undefined,
    verify: async () => undefined,
  })
  const running = new Map<number, TaskHandle>()
  const left: TaskHandle[] = []
  onTestFinished(async () => {
    await Promise.all([...workers.map(({ door }) => door), ...running.values(), ...left].map((each) => each.stop()))
    for (const { offsets, kafka } of workers) {
      await offsets.close()
      await kafka.close()
    }
  })
  /** The lane begins on a worker; its former life is killed, or goes on as one that nobody calls any more. */
  const move = (task: number, at: number, isKilled: boolean): void => {
    const [former, worker] = [running.get(task), workers[at]]
    if (former && isKilled) former.abandon()
    if (former) left.push(former)
    if (!worker) return
    running.set(task, worker.startLane(task))
    owners.set(task, worker.url)
  }
  for (let task = 0; task < lanes; task++) move(task, task % count, false)
  await expect.poll(() => workers.every(({ gateway }) => gateway.attached() === 1)).toBe(true)
  return { topic, workers, move }
}

type Workers = Awaited<ReturnType<typeof startWorkers>>

/** Ids from 1, twenty at a time; after each break from the lowest unanswered id at the next worker. */
async function publishAll({ workers }: Workers, producer: string, total: number): Promise<void> {
  for (let lowest = 1, turn = 0; lowest <= total; turn++) {
    const gateway = workers[turn % workers.length]?.gateway
    const from = { client: 'rider', producer, session: randomUUID() }
    gateway?.connect(from)
    const ids = Array.from({ length: Math.min(20, total - lowest + 1) }, (_, at) => lowest + at)
    const answers = new Map<number, IngressAnswer>()
    const publish = async (id: number): Promise<void> => {
      const answer = await gateway?.publish({ ...from, messageId: id, data: JSON.stringify({ producer, id }) })
      if (answer) answers.set(id, answer)
    }
    const all = Promise.all(ids.map(publish))
    await (turn % 3 === 2 ? Promise.race([all, systemClock.sleep(15)]) : all)
    gateway?.disconnect(from.session)
    while (answers.get(lowest)?.ok) lowest++
  }
}

async function committed(topic: string): Promise<readonly { producer: string; id: number }[]> {
  const values: { producer: string; id: number }[] = []
  const log = await kafkaClient().topicLog({
    topic,
    clientId: 'lanes',
    props: { 'isolation.level': 'read_committed' },
    onRecord: ({ value }) => values.push(JSON.parse(String(value)) as { producer: string; id: number }),
  })
  await log.close()
  return values
}

test('each message of each producer is in Kafka once and in order, while lanes are killed, moved and fenced', {
  timeout: 120_000,
}, async () => {
  const cluster = await startWorkers(2)
  const producers = ['a', 'b', 'c', 'd']
  const total = 800
  const done = new AbortController()
  const trouble = async (): Promise<void> => {
    for (let n = 0; !done.signal.aborted; n++) {
      await systemClock.sleep(600, done.signal)
      if (!done.signal.aborted) cluster.move(n % lanes, (n >> 1) % 2, n % 3 !== 0)
    }
  }
  const troubled = trouble()
  await Promise.all(producers.map((producer) => publishAll(cluster, producer, total)))
  done.abort()
  await troubled
  const stored = await committed(cluster.topic)
  for (const producer of producers) {
    const ids = stored.filter((each) => each.producer === producer).map(({ id }) => id)
    expect(ids).toEqual(Array.from({ length: total }, (_, at) => at + 1))
  }
})

test('two tabs of one producer on two workers: the newer one goes on, the older one is closed', async () => {
  const { topic, workers } = await startWorkers(2)
  const [one, two] = workers.map(({ gateway }) => gateway)
  const tab = (session: string, id: number) => ({
    client: 'rider',
    producer: 'phone',
    session,
    messageId: id,
    data: JSON.stringify({ producer: 'phone', id }),
  })
  expect(await one?.publish(tab('first', 1))).toMatchObject({ ok: true })
  two?.connect({ client: 'rider', producer: 'phone', session: 'second' })
  await expect.poll(() => one?.closed).toEqual(['first'])
  expect(await one?.publish(tab('first', 2))).toMatchObject({ ok: false, code: 'producer_taken_over' })
  expect(await two?.publish(tab('second', 1))).toEqual({ ok: true, duplicate: true })
  expect(await two?.publish(tab('second', 2))).toMatchObject({ ok: true })
  expect((await committed(topic)).map(({ id }) => id)).toEqual([1, 2])
})
