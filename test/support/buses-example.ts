import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assemblePage } from '../../examples/buses/assemble-page.ts'
import { type Feed, startFeed } from '../../examples/buses/feed.ts'
import { createFleet } from '../../examples/buses/fleet.ts'
import { loadTown } from '../../examples/buses/load-town.ts'
import { packageRoot } from '../../src/cli/package-info.ts'
import { createKafkaClient } from '../../src/kafka/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { quietLog } from './quiet.ts'
import { register } from './registry.ts'
import { type Declaration, type WorkerProcess, workerHome } from './worker-process.ts'

export interface BusesExample {
  readonly feed: Feed
  /** How many messages the feed has sent. */
  ticks(): number
  /** What the feed's next messages will hold, first to last: the ids of the buses that report. */
  readonly timetable: readonly ReadonlySet<string>[]
  readonly topics: { readonly positions: string; readonly reports: string }
  /** Starts the worker that serves the page, always at the same address. */
  startGate(): Promise<WorkerProcess>
}

const names = { positions: 'transit.vehicle-positions', reports: 'transit.rider-reports' }
const seed = 1

/**
 * The worked example on a Kafka and a registry that others use too: its own declarations, schemas, feed and page, with
 * topics of its own. The feed's source runs in a worker of its own, so that the topic grows while the page's is away.
 */
export async function startBusesExample(options: {
  readonly kafka: string
  readonly registry: string
  readonly expireMs: number
  readonly clean: (stop: () => Promise<void>) => void
}): Promise<BusesExample> {
  const { kafka, registry, clean } = options
  const run = randomUUID()
  const topics = { positions: `${names.positions}.${run}`, reports: `${names.reports}.${run}` }
  await createTopics(kafka, Object.values(topics))
  for (const name of Object.values(names)) await register(`${name}.${run}-value`, await schemaOf(name), registry)

  const start = Date.now()
  let asked = 0
  // The feed's clock goes by whole seconds, so that a fleet of the same seed tells beforehand what it will send.
  const feed = await startFeed({ port: 0, seed, now: () => start + 1000 * asked++ })
  clean(() => feed.stop())
  const page = await mkdtemp(join(tmpdir(), 'tidegate-page-'))
  clean(() => rm(page, { recursive: true, force: true }))
  await assemblePage(page, { feedUrl: feed.url, seed })

  const declare = async (name: string): Promise<Declaration> => {
    const { config } = JSON.parse(await readFile(join(packageRoot, 'connectors', `${name}.json`), 'utf8'))
    const adapted = JSON.stringify(config)
      .replaceAll('http://127.0.0.1:8081/apis/ccompat/v7', registry)
      .replaceAll('ws://127.0.0.1:8090/feed', feed.url)
      .replaceAll(names.positions, topics.positions)
      .replaceAll(names.reports, topics.reports)
    const expire = name.startsWith('bus-') && name !== 'bus-feed' && { 'snapshot.expire.ms': String(options.expireMs) }
    return { name, ...JSON.parse(adapted), ...expire }
  }
  const worker = JSON.parse(await readFile(join(packageRoot, 'examples/buses/worker.json'), 'utf8'))
  const source = await workerHome(kafka, {}, clean)
  const gate = await workerHome(
    kafka,
    { 'gateway.namespaces': worker.gateway.namespaces, 'gateway.static': page },
    clean,
  )
  await source.start([await declare('bus-feed')])
  const others = ['bus-positions', 'bus-routes', 'rider-reports-in', 'rider-reports-out']
  const declarations = await Promise.all(others.map(declare))
  return {
    feed,
    ticks: () => asked - 1,
    timetable: await foresee(600),
    topics,
    startGate: () => gate.start(declarations),
  }
}

/** The Avro schema of a topic of the example. */
export const schemaOf = async (name: string): Promise<object> =>
  JSON.parse(await readFile(join(packageRoot, 'schemas', `${name}-value.avsc`), 'utf8'))

async function createTopics(bootstrapServers: string, topics: readonly string[]): Promise<void> {
  const settings = { bootstrapServers: [bootstrapServers], clientId: 'test', log: quietLog, clock: systemClock }
  const kafka = createKafkaClient(settings)
  try {
    for (const topic of topics) await kafka.createTopic(topic, { partitions: 1, replicationFactor: 1 })
  } finally {
    await kafka.close()
  }
}

async function foresee(messages: number): Promise<ReadonlySet<string>[]> {
  const fleet = createFleet(await loadTown({ seed }), seed)
  return Array.from({ length: messages }, (_, index) => {
    if (index > 0) fleet.drive(1)
    return new Set(fleet.report(0).map(({ id }) => id))
  })
}
