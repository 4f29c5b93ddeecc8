import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, onTestFinished, test } from 'vitest'
import { awayMs, type Cluster, startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { readCommitted } from '../support/read-committed.ts'
import { evidence, scale, seed, seededRandom } from '../support/scale.ts'
import { kafkaClient } from '../support/topics.ts'

/** How much longer than the session time-out and the delay tasks may take to run again: their own start, and how often is looked. */
const startMs = 4000

/** Sources have one task each; so many sinks have two, the others three. */
const size = scale({
  small: { kills: 2, sources: 2, sinksOfTwo: 1, sinksOfThree: 0 },
  full: { kills: 20, sources: 6, sinksOfTwo: 8, sinksOfThree: 6 },
})

const lines = async (file: string): Promise<readonly string[]> =>
  (await readFile(file, 'utf8')).split('\n').slice(0, -1)

/** Appends numbered lines to each file until it is stopped. */
function feed(files: readonly string[]) {
  const end = new AbortController()
  let made = 0
  const written = (async () => {
    while (!end.signal.aborted) {
      const from = made
      made += 5
      const text = Array.from({ length: 5 }, (_, index) => `${from + index}\n`)
      await Promise.all(files.map((file, at) => appendFile(file, text.map((line) => `${at}-${line}`).join(''))))
      await sleep(50, undefined, { signal: end.signal }).catch(() => undefined)
    }
  })()
  const stop = async (): Promise<number> => {
    end.abort()
    await written
    return made
  }
  onTestFinished(async () => {
    await stop()
  })
  return { stop }
}

async function deploy(cluster: Cluster) {
  const kafka = kafkaClient()
  const put = (name: string, config: object) => cluster.ask('PUT', `/connectors/${cluster.name}-${name}/config`, config)
  const inputs: string[] = []
  const topics: string[] = []
  for (let source = 0; source < size.sources; source++) {
    const [file, topic] = [join(cluster.dir, `in-${source}`), `${cluster.name}.${source}`]
    await writeFile(file, '')
    await kafka.createTopic(topic, { partitions: 3, replicationFactor: 1 })
    inputs.push(file)
    topics.push(topic)
    const config = { 'connector.class': 'FileStreamSource', file, topic, 'exactly.once.support': 'required' }
    await put(`source-${source}`, { ...config, 'value.converter': stringConverter })
  }
  const outputs: string[] = []
  for (let sink = 0; sink < size.sinksOfTwo + size.sinksOfThree; sink++) {
    const file = join(cluster.dir, `out-${sink}`)
    outputs.push(file)
    const tasks = sink < size.sinksOfTwo ? '2' : '3'
    const config = { 'connector.class': 'FileStreamSink', file, topics: topics.join(), 'tasks.max': tasks }
    await put(`sink-${sink}`, { ...config, 'value.converter': stringConverter })
  }
  return { inputs, topics, outputs, tasks: size.sources + 2 * size.sinksOfTwo + 3 * size.sinksOfThree }
}

const stringConverter = 'org.apache.kafka.connect.storage.StringConverter'

test('whichever worker is killed and when, its tasks run again in time, sources write once, and sinks miss nothing', {
  timeout: 60_000 + size.kills * 60_000,
}, async () => {
  process.stderr.write(`seed ${seed}\n`)
  const random = seededRandom()
  const below = (limit: number) => Math.floor(random() * limit)
  const kind = process.env['TIDEGATE_CLUSTER'] === 'java' ? ('java' as const) : ('ours' as const)
  const cluster = await startCluster({ workers: 3, kind, props: { 'exactly.once.source.support': 'enabled' } })
  const { inputs, topics, outputs, tasks } = await deploy(cluster)
  await cluster.running(tasks)
  const feeding = feed(inputs)

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
  const made = await feeding.stop()

  const read = await eventually(
    async () => {
      const found = await readCommitted(inject('kafka'), topics)
      return topics.every((topic) => (found[topic]?.length ?? 0) >= made) && found
    },
    { timeoutMs: 60_000, what: 'every line in its topic' },
  )
  const all = (await Promise.all(inputs.map(lines))).flat().toSorted()
  expect(Object.values(read).flat().toSorted()).toEqual(all)
  let repeated = 0
  for (const file of outputs) {
    await eventually(async () => new Set(await lines(file)).size >= all.length, {
      timeoutMs: 60_000,
      what: `every line in ${file}`,
    })
    const delivered = await lines(file)
    repeated += delivered.length - all.length
    expect([...new Set(delivered)].toSorted()).toEqual(all)
  }
  expect(Math.max(...times)).toBeLessThan(awayMs + startMs)
  if (kind === 'ours') await Promise.all([0, 1, 2].map((worker) => cluster.stop(worker)))
  evidence('workers-killed', {
    kills: size.kills,
    ...Object.fromEntries(Object.entries(moments).map(([moment, count]) => [`of these ${moment}`, count])),
    connectors: size.sources + outputs.length,
    tasks,
    'lines that the sources read': all.length,
    'in the topics under `read_committed` and not once': 0,
    'missing at a sink': 0,
    'delivered to sinks again': repeated,
    'longest time (ms) from a kill until all tasks ran on the others': Math.round(Math.max(...times)),
    'session time-out and delay (ms)': awayMs,
  })
})
