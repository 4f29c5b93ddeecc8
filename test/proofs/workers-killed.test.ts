import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { awayMs, type Cluster, startCluster } from '../support/cluster.ts'
import { deployLines, type LinesPipeline } from '../support/lines-pipeline.ts'
import { evidence, scale, seed, seededRandom } from '../support/scale.ts'

/** How much longer than the session time-out and the delay tasks may take to run again: their own start, and how often is looked. */
const startMs = 4000

/** Sources have one task each; so many sinks have two, the others three. */
const size = scale({
  small: { kills: 2, sources: 2, sinksOfTwo: 1, sinksOfThree: 0 },
  full: { kills: 20, sources: 6, sinksOfTwo: 8, sinksOfThree: 6 },
})

const workers = [0, 1, 2]
const moments = ['with records flowing', 'in a transaction', 'in a rebalance', 'in a write of a configuration'] as const

/** The worker that writes in a transaction which is open nearly always. */
async function inTransaction(cluster: Cluster, { slow }: LinesPipeline, pick: number): Promise<number> {
  const owners = (await cluster.tasks()).filter(({ connector }) => slow.includes(connector))
  const owner = owners[pick % owners.length]?.worker
  return cluster.urls.findIndex((url) => new URL(url).host === owner)
}

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

  const counts = Object.fromEntries(moments.map((moment) => [moment, 0]))
  const times: number[] = []
  const first = below(moments.length)
  let gone: number | undefined
  for (let kill = 0; kill < size.kills; kill++) {
    const moment = moments[(first + kill) % moments.length] ?? 'in a rebalance'
    counts[moment] = (counts[moment] ?? 0) + 1
    const others = workers.filter((worker) => worker !== gone)
    let next = others[below(others.length)] ?? 0
    if (gone !== undefined) await cluster.start(gone)
    let writing: Promise<unknown> = Promise.resolve()
    if (moment === 'in a rebalance' && gone !== undefined) {
      await cluster.answers(gone)
      await sleep(below(1500))
    } else {
      await cluster.shared(tasks)
      await sleep(below(1500))
    }
    if (moment === 'in a transaction') next = await inTransaction(cluster, pipeline, below(100))
    if (moment === 'in a write of a configuration') {
      const name = `${cluster.name}-sink-0`
      const config = await cluster.ask<Record<string, string>>('GET', `/connectors/${name}/config`)
      writing = cluster.ask('PUT', `/connectors/${name}/config`, { ...config, 'errors.retry.timeout': String(kill) })
      await sleep(below(40))
    }
    await cluster.kill(next)
    const alone = workers.filter((worker) => worker !== next)
    times.push(await cluster.running(tasks, { on: alone, timeoutMs: awayMs + startMs + 30_000 }))
    process.stderr.write(`${moment}: worker ${next} killed, all runs after ${Math.round(times.at(-1) ?? 0)} ms\n`)
    await writing
    gone = next
  }
  if (gone !== undefined) await cluster.start(gone)
  await cluster.shared(tasks)
  const { lines, repeated, repeatedCommitted, aborted } = await pipeline.delivered()
  expect(Math.max(...times)).toBeLessThan(awayMs + startMs)
  // Those of a transaction that is open nearly always.
  if ((counts['in a transaction'] ?? 0) > 2 && aborted === 0) throw new Error('No kill has cut a transaction off.')
  // What is repeated was not committed.
  expect(repeatedCommitted).toBe(0)
  await Promise.all(workers.map((worker) => cluster.stop(worker)))
  evidence('workers-killed', {
    kills: size.kills,
    ...Object.fromEntries(Object.entries(counts).map(([moment, count]) => [`of these ${moment}`, count])),
    connectors,
    tasks,
    'lines that the sources read': lines,
    'in the topics under `read_committed` and not once': 0,
    'in the topics, of transactions that were cut off': aborted,
    'missing at a sink': 0,
    'delivered to sinks again': repeated,
    'of these, although they were committed': repeatedCommitted,
    'longest time (ms) from a kill until all tasks ran on the others': Math.round(Math.max(...times)),
    'session time-out and delay (ms)': awayMs,
  })
})
