import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { awayMs, startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { startOwnStack } from '../support/kafka-stack.ts'
import { deployLines } from '../support/lines-pipeline.ts'
import { evidence, scale } from '../support/scale.ts'
import { downtimesOf } from '../support/task-downtimes.ts'

const waitedFor = { way: 'waited for', delayMs: 20_000 }
const size = scale({
  small: { sources: 2, sinksOfTwo: 1, sinksOfThree: 0, frozen: [0], rolls: [waitedFor], kafkaAwayMs: 7000 },
  full: {
    sources: 6,
    sinksOfTwo: 8,
    sinksOfThree: 6,
    frozen: [0, 1, 2],
    rolls: [waitedFor, { way: 'not waited for', delayMs: 0 }],
    kafkaAwayMs: 30_000,
  },
})
const exactlyOnce = { 'exactly.once.source.support': 'enabled' }
const sessionMs = 6000
const workers = [0, 1, 2]
/** How long work may take to run again once it may: the rebalance, the tasks' own start, and how often is looked. */
const startMs = 4000

/** What all sinks' tasks together may have polled and not yet delivered when they lose their partitions: `max.poll.records` each. */
const inHand = (tasks: number): number => (tasks - size.sources) * 500

const facts: Record<string, number> = {}
afterAll(() => evidence('workers-away', facts))

test('a worker that was frozen past its session and wakes writes nothing twice, and works on', {
  timeout: 240_000,
}, async () => {
  const cluster = await startCluster({ workers: 3, props: exactlyOnce })
  const pipeline = await deployLines(cluster, size)
  pipeline.feed()
  const times: number[] = []
  for (const worker of size.frozen) {
    cluster.freeze(worker)
    times.push(await cluster.running(pipeline.tasks, { on: workers.filter((each) => each !== worker) }))
    // Time for the others to write, beside one that believes that all is still its own.
    await sleep(sessionMs / 2)
    cluster.thaw(worker)
    await cluster.shared(pipeline.tasks)
  }
  const { lines, repeated, repeatedCommitted, aborted } = await pipeline.delivered()
  expect(Math.max(...times)).toBeLessThan(awayMs + startMs)
  expect(repeatedCommitted).toBeLessThanOrEqual(size.frozen.length * inHand(pipeline.tasks))
  Object.assign(facts, {
    'frozen: lines, each once in its topic under `read_committed`': lines,
    'frozen: in the topics, of transactions that were cut off': aborted,
    'frozen: longest time (ms) until all tasks ran on the others': Math.round(Math.max(...times)),
    'frozen: delivered to sinks again': repeated,
    'frozen: of these, by the one that woke although another worker had committed them': repeatedCommitted,
  })
})

test.each(size.rolls)(
  'workers that are rolled and $way: no task is down longer than its own move',
  {
    timeout: 240_000,
  },
  async ({ way, delayMs }) => {
    const delay = { 'scheduled.rebalance.max.delay.ms': String(delayMs) }
    const cluster = await startCluster({ workers: 3, props: { ...exactlyOnce, ...delay } })
    const pipeline = await deployLines(cluster, size)
    await cluster.shared(pipeline.tasks)
    pipeline.feed()
    const began = Date.now()
    const away: number[] = []
    const drains: number[] = []
    for (const worker of workers) {
      const from = performance.now()
      await cluster.stop(worker)
      drains.push(performance.now() - from)
      await cluster.start(worker)
      await cluster.answers(worker)
      away.push(performance.now() - from)
      await cluster.shared(pipeline.tasks)
    }
    const ended = Date.now()
    const { lines, repeated, repeatedCommitted } = await pipeline.delivered()
    // Who ends has committed what it delivered; a sink's group rebalances, and who stays may repeat what it had not committed.
    expect(repeatedCommitted).toBe(0)
    const moves = (await downtimesOf(`${cluster.name}-status`)).filter(({ since }) => since >= began && since < ended)
    const longest = Math.max(...moves.map(({ ms }) => ms))
    const elsewhere = moves.filter(({ from, to }) => from !== to).length
    // Either it waits for its worker to be back, or it goes to another one as soon as its own has left: as that of a leader does in any case.
    expect(longest).toBeLessThan(Math.max(...(delayMs > 0 ? away : drains)) + startMs)
    Object.assign(facts, {
      [`rolled, ${way}: lines, each once in its topic under \`read_committed\``]: lines,
      [`rolled, ${way}: delivered to sinks again`]: repeated,
      [`rolled, ${way}: of these, although they were committed`]: repeatedCommitted,
      [`rolled, ${way}: longest time (ms) from SIGTERM until a worker had ended`]: Math.round(Math.max(...drains)),
      [`rolled, ${way}: longest time (ms) from SIGTERM until a worker answered again`]: Math.round(Math.max(...away)),
      [`rolled, ${way}: tasks that stopped and began`]: moves.length,
      [`rolled, ${way}: of these on another worker`]: elsewhere,
      [`rolled, ${way}: longest time (ms) that a task was down`]: longest,
    })
  },
)

test('while Kafka is away nothing is lost, and when it is back three workers go on', { timeout: 360_000 }, async () => {
  const stack = await startOwnStack()
  const { bootstrapServers } = stack
  const cluster = await startCluster({ workers: 3, props: exactlyOnce, bootstrapServers })
  const pipeline = await deployLines(cluster, size, bootstrapServers)
  pipeline.feed()
  await cluster.shared(pipeline.tasks)
  // Not by SIGTERM: see docs/decisions/0007.
  await stack.kafka.kill('SIGKILL')
  await sleep(size.kafkaAwayMs)
  const from = performance.now()
  await stack.kafka.start()
  const backMs = performance.now() - from
  await cluster.running(pipeline.tasks, { timeoutMs: 90_000 })
  const { lines, repeated, repeatedCommitted, aborted } = await pipeline.delivered()
  // The members of a sink's group come back one after the other.
  expect(repeatedCommitted).toBeLessThanOrEqual(workers.length * inHand(pipeline.tasks))
  await eventually(async () => (await cluster.tasks()).every(({ state }) => state === 'RUNNING'))
  Object.assign(facts, {
    'Kafka stopped for (ms)': size.kafkaAwayMs,
    'Kafka stopped: its own start (ms)': Math.round(backMs),
    'Kafka stopped: lines, each once in its topic under `read_committed`': lines,
    'Kafka stopped: in the topics, of transactions that were cut off': aborted,
    'Kafka stopped: missing at a sink': 0,
    'Kafka stopped: delivered to sinks again': repeated,
    'Kafka stopped: of these, in the hands of a task while another one committed them': repeatedCommitted,
  })
})
