import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { awayMs, startCluster } from '../support/cluster.ts'
import { deployLines } from '../support/lines-pipeline.ts'
import { evidence, scale, seed, seededRandom } from '../support/scale.ts'

/** How much longer than the session time-out and the delay tasks may take to run again: their own start, and how often is looked. */
const startMs = 4000

/** Sources have one task each; so many sinks have two, the others three. */
const size = scale({
  small: { kills: 2, sources: 2, sinksOfTwo: 1, sinksOfThree: 0 },
  full: { kills: 20, sources: 6, sinksOfTwo: 8, sinksOfThree: 6 },
})

test('whichever worker is killed and when, its tasks run again in time, sources write once, and sinks miss nothing', {
  timeout: 60_000 + size.kills * 60_000,
}, async () => {
  process.stderr.write(`seed ${seed}\n`)
  const random = seededRandom()
  const below = (limit: number) => Math.floor(random() * limit)
  const cluster = await startCluster({ workers: 3, props: { 'exactly.once.source.support': 'enabled' } })
  const pipeline = await deployLines(cluster, size)
  const { connectors, tasks } = pipeline
  pipeline.feed()

  const moments = { 'with records flowing': 0, 'in a rebalance': 0, 'in a write of a configuration': 0 }
  const times: number[] = []
  let gone: number | undefined
  for (let kill = 0; kill < size.kills; kill++) {
    const next = (gone === undefined ? below(3) : gone + 1 + below(2)) % 3
    const moment =
      (['with records flowing', 'in a rebalance', 'in a write of a configuration'] as const)[below(3)] ??
      'in a rebalance'
    moments[moment] += 1
    if (gone !== undefined) await cluster.start(gone)
    let writing: Promise<unknown> = Promise.resolve()
    if (moment !== 'in a rebalance' || gone === undefined) await cluster.running(tasks)
    if (moment === 'in a write of a configuration') {
      const name = `${cluster.name}-sink-0`
      const config = await cluster.ask<Record<string, string>>('GET', `/connectors/${name}/config`)
      writing = cluster.ask('PUT', `/connectors/${name}/config`, { ...config, 'errors.retry.timeout': String(kill) })
      await sleep(below(40))
    } else {
      await sleep(below(moment === 'in a rebalance' ? 4000 : 1500))
    }
    await cluster.kill(next)
    const alone = [0, 1, 2].filter((worker) => worker !== next)
    times.push(await cluster.running(tasks, { on: alone, timeoutMs: awayMs + startMs + 30_000 }))
    await writing
    gone = next
  }
  if (gone !== undefined) await cluster.start(gone)
  await cluster.running(tasks)
  const { lines, repeated } = await pipeline.delivered()
  expect(Math.max(...times)).toBeLessThan(awayMs + startMs)
  await Promise.all([0, 1, 2].map((worker) => cluster.stop(worker)))
  evidence('workers-killed', {
    kills: size.kills,
    ...Object.fromEntries(Object.entries(moments).map(([moment, count]) => [`of these ${moment}`, count])),
    connectors,
    tasks,
    'lines that the sources read': lines,
    'in the topics under `read_committed` and not once': 0,
    'missing at a sink': 0,
    'delivered to sinks again': repeated,
    'longest time (ms) from a kill until all tasks ran on the others': Math.round(Math.max(...times)),
    'session time-out and delay (ms)': awayMs,
  })
})
