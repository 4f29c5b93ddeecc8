import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { evidence, scale, seed, seededRandom } from '../support/scale.ts'
import { createSoakActor } from '../support/soak-actions.ts'
import { disagreements, membersOf, topicsOf } from '../support/soak-agreement.ts'
import { createSoakFlow } from '../support/soak-flow.ts'
import { grown, type Held, heldBy, snapshotOptions } from '../support/soak-growth.ts'
import { createSoakModel } from '../support/soak-model.ts'
import { createSoakRequests } from '../support/soak-requests.ts'
import { createSoakWorkers } from '../support/soak-workers.ts'
import { kafkaClient } from '../support/topics.ts'

const size = scale({
  small: { workers: 3, seconds: 16, actors: 2, sources: 2, sinks: 3, readers: 1, pauseMs: 400, workerPauseMs: 2500 },
  full: { workers: 4, seconds: 900, actors: 3, sources: 6, sinks: 8, readers: 2, pauseMs: 800, workerPauseMs: 8000 },
})

/**
 * What a worker may hold more of at the end: it may lead then, which takes a producer; code that ran later is compiled later; a connection
 * has three timers. What stays behind of each task or request is many times that.
 */
const more = { heapShare: 0.1, heapBytes: 3_000_000, files: 2, kafkaSockets: 4, timers: 25 }

/** `task.shutdown.graceful.timeout.ms` of the cluster, and as long for what follows it. */
const drainMs = 10_000

test('connectors and workers come and go at random, and REST, topics and what runs agree at the end; nothing has grown', {
  timeout: size.seconds * 1000 + 600_000,
}, async () => {
  process.stderr.write(`seed ${seed}\n`)
  vi.stubEnv('NODE_OPTIONS', snapshotOptions)
  onTestFinished(() => void vi.unstubAllEnvs())
  const kafka = kafkaClient()
  const cluster = await startCluster({
    workers: size.workers,
    props: {
      'exactly.once.source.support': 'enabled',
      'gateway.enabled': 'true',
      'gateway.port': '0',
      'gateway.namespaces.soak.subscribe': 'anonymous',
      'gateway.position.keys': Buffer.alloc(32, 'soak').toString('base64'),
    },
  })

  const counts = new Map<string, number>()
  const did = (action: string) => void counts.set(action, (counts.get(action) ?? 0) + 1)
  const model = createSoakModel()
  const random = seededRandom()
  const workers = createSoakWorkers({ cluster, random, did, pauseMs: size.workerPauseMs, frozenMs: 8000 })
  const flow = await createSoakFlow(cluster, kafka, { ...size, lineMs: 250 })
  const tries = { refused: 0, lost: 0 }
  const actors = flow.declared.map((declared, index) => {
    const own = seededRandom(seed + index + 1)
    const requests = createSoakRequests({ random: own, urls: workers.urls, tries })
    return createSoakActor({ model, requests, random: own, declared, did, pauseMs: size.pauseMs })
  })

  async function disturb(seconds: number, living: readonly number[]): Promise<void> {
    const end = AbortSignal.timeout(seconds * 1000)
    await Promise.all([workers.run(end, living), ...actors.map((actor) => actor.run(end))])
    await workers.all()
    await Promise.all(actors.map((actor) => actor.look()))
  }

  async function agree(): Promise<void> {
    const wanted = model.certain()
    let last: readonly string[] = []
    await eventually(
      async () => {
        last = await disagreements({ cluster, kafka, wanted })
        return last.length === 0
      },
      { timeoutMs: 60_000, what: 'agreement' },
    ).catch((error: unknown) => {
      throw last.length === 0 ? error : new Error(`Seed ${seed}:\n${last.join('\n')}`)
    })
  }

  /** With every connector gone. */
  async function idle(living: readonly number[]): Promise<readonly Held[]> {
    await Promise.all(actors.map((actor) => actor.clear()))
    await agree()
    await sleep(3000)
    const held: Held[] = []
    const port = Number(inject('kafka').split(':').at(-1))
    for (const worker of living) held.push(await heldBy(cluster, worker, port))
    return held
  }

  const living = [1, 2]
  const said = performance.now()
  const say = (what: string) => process.stderr.write(`${Math.round((performance.now() - said) / 1000)} s ${what}\n`)
  await disturb(size.seconds / 4, scale({ small: living, full: [] }))
  say('a quarter is done')
  await agree()
  say('agreed')
  let pairs = await flow.arrives(model.certain())
  say('lines have arrived')
  const before = await idle(living)
  say('idle')

  await disturb((size.seconds * 3) / 4, living)
  say('all is done')
  await agree()
  say('agreed')
  const connectors = model.certain().size
  pairs += await flow.arrives(model.certain())
  const after = await idle(living)
  say('idle')

  const table: Record<string, string> = {}
  for (const [index, was] of before.entries()) {
    const now = after[index]
    if (!now) continue
    const what = `worker ${living[index]}`
    const megabytes = (bytes: number) => (bytes / 1_000_000).toFixed(1)
    table[`${what}: heap (MB) that is reachable, after a quarter and at the end`] =
      `${megabytes(was.heapBytes)}, ${megabytes(now.heapBytes)}`
    for (const each of ['files', 'kafkaSockets', 'timers'] as const) {
      table[`${what}: ${each}`] = `${was[each]}, ${now[each]}`
      expect.soft(now[each], `${each} of ${what}`).toBeLessThanOrEqual(was[each] + more[each])
    }
    const limit = was.heapBytes * (1 + more.heapShare) + more.heapBytes
    expect.soft(now.heapBytes, `${what} has more ${grown(was, now).join(', ')}`).toBeLessThan(limit)
  }
  const groups = Object.keys(await membersOf(cluster.name))
  const sinks = flow.declared.flatMap((each) => [...each.keys()]).filter((name) => !name.includes('-source-'))
  expect([cluster.name, ...sinks.map((name) => `connect-${name}`)]).toEqual(expect.arrayContaining(groups))
  const internal = ['configs', 'offsets', 'status'].map((use) => `${cluster.name}-${use}`)
  const own = [...internal, `tidegate-revocations-${cluster.name}`]
  expect(await topicsOf(cluster.name)).toEqual([...own, ...flow.topics].toSorted())
  await Promise.all(cluster.urls.map((_, worker) => cluster.stop(worker)))
  expect(workers.slowestStop()).toBeLessThan(drainMs)
  evidence('cluster-soak', {
    workers: size.workers,
    seconds: size.seconds,
    ...Object.fromEntries([...counts].toSorted(([one], [other]) => (one < other ? -1 : 1))),
    'tries that were refused for a while': tries.refused,
    'tries whose answer was lost': tries.lost,
    'longest end by SIGTERM (ms)': Math.round(workers.slowestStop()),
    'connectors at the end': connectors,
    'pairs of a source and a sink through which a line went': pairs,
    'disagreements of REST, topics, groups and what runs': 0,
    ...table,
  })
})
