import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src/stack/index.ts'
import { createValues } from '../avro-values.ts'
import type { Bench, Findings } from '../figures.ts'
import { channel } from '../messages.ts'
import { interleave } from '../rounds.ts'
import { createTopic, plainKafka } from '../topics.ts'
import { vehicleSchema } from '../vehicles.ts'
import { firstAnswer, firstMessage } from '../waiting.ts'

const dist = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** From the start of the process to REST, and to the first message at a client that has been trying to connect. */
export async function start(bench: Bench): Promise<Findings> {
  const topic = `${bench.prefix}.start`
  const schemaId = await createTopic(bench, topic, vehicleSchema)
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-bench-'))
  const stopProducing = await keepProducing(bench, topic, schemaId)
  try {
    const figures = await interleave(['worker', 'tutorial', 'bare'], bench.scale.rounds, async (variant) => {
      const [rest, gateway] = [await freePort(), await freePort()]
      const argv =
        variant === 'worker'
          ? [dist('src/cli/main.js'), 'worker', ...(await configure(bench, { topic, dir, rest, gateway }))]
          : [dist(`bench/programs/start-${variant}.js`), String(rest), bench.kafka, bench.registry, topic]
      const output = await timeStart(argv, {
        rest: `http://127.0.0.1:${rest}/`,
        socket: variant === 'bare' ? undefined : `ws://127.0.0.1:${variant === 'worker' ? gateway : rest}/ws`,
      })
      bench.progress(
        `start, ${variant}: REST after ${Math.round(output.rest)} ms, a message after ${Math.round(output.message)} ms`,
      )
      return output
    })
    const row = (what: string, figure: 'rest' | 'message') => ({
      what,
      unit: 'ms',
      ours: figures.worker[figure],
      naive: figures.tutorial[figure],
      limit: figures.bare[figure],
    })
    return {
      rows: [row('process start → REST answers', 'rest'), row('process start → first message at a client', 'message')],
      notes: ['Start: one WebSocketServerSink; the limit is a Node process that does nothing but answer HTTP.'],
    }
  } finally {
    await stopProducing()
    await rm(dir, { recursive: true, force: true })
  }
}

interface WorkerPlace {
  readonly topic: string
  readonly dir: string
  readonly rest: number
  readonly gateway: number
}

async function configure(bench: Bench, { topic, dir, rest, gateway }: WorkerPlace): Promise<string[]> {
  const files = [join(dir, 'worker.json'), join(dir, 'sink.json')]
  const config = {
    'bootstrap.servers': bench.kafka,
    'key.converter': 'StringConverter',
    'value.converter': 'AvroConverter',
    'value.converter.schema.registry.url': bench.registry,
    'offset.storage.file.filename': join(dir, 'connect.offsets'),
    'gateway.port': gateway,
    'rest.port': rest,
    'gateway.namespaces': { [channel]: { subscribe: 'anonymous' } },
    'log.level': 'warn',
  }
  const sink = { name: topic, 'connector.class': 'WebSocketServerSink', topics: topic, channel }
  await Promise.all([config, sink].map((content, i) => writeFile(files[i] ?? '', JSON.stringify(content))))
  return files
}

async function timeStart(argv: readonly string[], urls: { rest: string; socket: string | undefined }) {
  const began = performance.now()
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] })
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  const patience = AbortSignal.timeout(30_000)
  try {
    const [rest, message] = await Promise.all([
      firstAnswer(urls.rest, patience).then(() => performance.now() - began),
      urls.socket === undefined
        ? Number.NaN
        : firstMessage(urls.socket, patience).then(() => performance.now() - began),
    ])
    return { rest, message }
  } finally {
    await end(child)
    process.off('exit', endWithUs)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/** A record every few milliseconds, so that there is always one to come. */
async function keepProducing(bench: Bench, topic: string, schemaId: number): Promise<() => Promise<void>> {
  const producer = plainKafka(bench.kafka).producer()
  await producer.connect()
  const next = createValues(bench.seed, schemaId)
  const stopping = new AbortController()
  const producing = (async () => {
    while (!stopping.signal.aborted) {
      await producer.send({ topic, messages: [next()] })
      await sleep(5)
    }
  })()
  return async () => {
    stopping.abort()
    await producing.finally(() => producer.disconnect())
  }
}
