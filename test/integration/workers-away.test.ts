import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { awayMs, startCluster } from '../support/cluster.ts'
import { deployLines } from '../support/lines-pipeline.ts'
import { evidence, scale } from '../support/scale.ts'

const size = scale({
  small: { sources: 2, sinksOfTwo: 1, sinksOfThree: 0 },
  full: { sources: 6, sinksOfTwo: 8, sinksOfThree: 6 },
})
const exactlyOnce = { 'exactly.once.source.support': 'enabled' }
const sessionMs = 6000

const facts: Record<string, number> = {}
afterAll(() => evidence('workers-away', facts))

test('a worker that was frozen past its session and wakes writes nothing twice, and works on', {
  timeout: 240_000,
}, async () => {
  const cluster = await startCluster({ workers: 3, props: exactlyOnce })
  const pipeline = await deployLines(cluster, size)
  pipeline.feed()
  const times: number[] = []
  for (const worker of [0, 1, 2]) {
    cluster.freeze(worker)
    const others = [0, 1, 2].filter((each) => each !== worker)
    times.push(await cluster.running(pipeline.tasks, { on: others }))
    // Time for the others to write, beside one that believes that all is still its own.
    await sleep(sessionMs / 2)
    cluster.thaw(worker)
    await cluster.shared(pipeline.tasks)
  }
  const { lines, repeated } = await pipeline.delivered()
  expect(Math.max(...times)).toBeLessThan(awayMs + 4000)
  Object.assign(facts, {
    'frozen: lines, each once in its topic under `read_committed`': lines,
    'frozen: longest time (ms) until all tasks ran on the others': Math.round(Math.max(...times)),
    'frozen: delivered to sinks again': repeated,
  })
})

test('workers that are rolled one at a time end cleanly, and their work is theirs again', {
  timeout: 240_000,
}, async () => {
  const cluster = await startCluster({ workers: 3, props: exactlyOnce })
  const pipeline = await deployLines(cluster, size)
  pipeline.feed()
  const times: number[] = []
  for (const worker of [0, 1, 2]) {
    const began = performance.now()
    await cluster.stop(worker)
    await cluster.start(worker)
    await cluster.shared(pipeline.tasks)
    times.push(performance.now() - began)
  }
  const { lines, repeated } = await pipeline.delivered()
  // Who ends cleanly has committed what it delivered.
  expect(repeated).toBe(0)
  Object.assign(facts, {
    'rolled: lines, each once in its topic under `read_committed`': lines,
    'rolled: longest time (ms) from SIGTERM until all tasks ran again on three': Math.round(Math.max(...times)),
    'rolled: delivered to sinks again': repeated,
  })
})
