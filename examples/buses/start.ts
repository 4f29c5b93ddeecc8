import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { packageRoot } from '../../src/cli/package-info.ts'
import { signalled } from '../../src/cli/signalled.ts'
import { localStackOptions } from '../../src/cli/stack.ts'
import { startWorker, type Worker } from '../../src/cli/start-worker.ts'
import { connectorFiles } from '../../src/config/index.ts'
import { registerSchemas } from '../../src/registry/index.ts'
import { type Stack, startStack } from '../../src/stack/index.ts'
import { choosePort } from '../../src/stack/ports.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { systemClock } from '../../src/util/clock.ts'
import { assemblePage } from './assemble-page.ts'
import { startFeed } from './feed.ts'

/**
 * The worked example, whole: Kafka and the registry, the schemas, the feed, the worker and the page. What `npm start` runs.
 * Ctrl-C ends what this started; a stack that ran before (`tidegate stack up`) is left alone.
 */
const { values: flags } = parseArgs({
  options: {
    port: { type: 'string' },
    'rest-port': { type: 'string' },
    'feed-port': { type: 'string' },
    'kafka-port': { type: 'string' },
    'registry-port': { type: 'string' },
    vehicles: { type: 'string' },
    recorded: { type: 'string' },
    // Where this run keeps what it needs; two folders are two stacks.
    state: { type: 'string' },
  },
})
const state = resolve(flags.state ?? join(packageRoot, '.tidegate'))
const began = Date.now()
const say = (line: string) => process.stderr.write(`${line}\n`)
const number = (text: string | undefined) => (text === undefined ? undefined : Number(text))
const portFor = (label: string, flag: string | undefined, fallback: number) =>
  choosePort({ wanted: number(flag), fallback, label, progress: say })

const interrupted = new AbortController()
const ended = signalled().then(() => interrupted.abort(new Error('Interrupted.')))
const closers: (() => Promise<void>)[] = []
try {
  await run()
  await ended
} catch (error) {
  if (!interrupted.signal.aborted) {
    console.error(error instanceof Error ? `npm start: ${error.message}` : error)
    process.exitCode = 1
  }
} finally {
  say('Stopping …')
  for (const close of closers.toReversed()) await close().catch((error: unknown) => console.error(error))
}
process.exit()

async function run(): Promise<void> {
  await mkdir(state, { recursive: true })
  say('Starting Kafka and the Schema Registry …')
  const stack = await startStack({
    ...localStackOptions(packageRoot),
    dir: join(state, 'stack'),
    kafkaPort: number(flags['kafka-port']),
    registryPort: number(flags['registry-port']),
    detached: false,
    signal: interrupted.signal,
  })
  closers.push(() => stack.stop())
  await registerSchemas({ registryUrl: stack.registryUrl, dir: join(packageRoot, 'schemas') })

  const town = { vehicles: number(flags.vehicles), recorded: flags.recorded }
  const feed = await startFeed({ ...town, port: await portFor('the feed', flags['feed-port'], 8090) })
  closers.push(() => feed.stop())
  await assemblePage(join(state, 'page'), { ...town, feedUrl: feed.url, root: packageRoot })

  const logFile = join(state, 'worker.log')
  const worker = await startWorker({
    file: join(packageRoot, 'examples/buses/worker.json'),
    connectorFiles: await adaptedConnectors(stack, feed.url),
    env: process.env,
    flags: {
      'bootstrap.servers': stack.bootstrapServers,
      'offset.storage.file.filename': join(state, 'connect.offsets'),
      'gateway.static': join(state, 'page'),
      'gateway.port': String(await portFor('the gateway', flags.port, 8080)),
      'rest.port': String(await portFor('REST', flags['rest-port'], 8083)),
    },
    log: createLogger('info', pino.destination({ dest: logFile, append: false, sync: true })),
  })
  closers.push(() => worker.stop())
  while (!worker.ready() && !interrupted.signal.aborted) {
    await refuseFailed(worker)
    await systemClock.sleep(50)
  }
  if (interrupted.signal.aborted) return
  console.log(`
  Buses on a map   ${worker.gatewayUrl}
  Connectors       ${worker.restUrl}/connectors?expand=status
  Kafka            ${stack.bootstrapServers}
  Registry         ${stack.registryUrl}
  Worker’s log     ${logFile}

  Up after ${((Date.now() - began) / 1000).toFixed(1)} s. Ctrl-C stops everything that this started.
`)
}

/** A task that failed never becomes ready: better an error that says why than a wait without end. */
async function refuseFailed({ herder }: Worker): Promise<void> {
  for (const name of await herder.connectors()) {
    const { tasks } = await herder.connectorState(name)
    const failed = tasks.find((task) => task.state === 'FAILED')
    if (failed) throw new Error(`Connector ${name} failed: ${failed.trace?.split('\n')[0] ?? 'no trace'}`)
  }
}

/** The declarations of `connectors/`, with the addresses that this run has: a port may have been taken. */
async function adaptedConnectors(stack: Stack, feedUrl: string): Promise<string[]> {
  const dir = join(state, 'connectors')
  await mkdir(dir, { recursive: true })
  const files = await connectorFiles(join(packageRoot, 'connectors'))
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(file, 'utf8')
      const adapted = join(dir, file.split(/[/\\]/).at(-1) ?? file)
      await writeFile(
        adapted,
        text
          .replaceAll('http://127.0.0.1:8081/apis/ccompat/v7', stack.registryUrl)
          .replaceAll('ws://127.0.0.1:8090/feed', feedUrl),
      )
      return adapted
    }),
  )
}
