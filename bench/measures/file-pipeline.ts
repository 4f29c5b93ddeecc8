import { spawn } from 'node:child_process'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src/stack/index.ts'
import { javaWorkerArguments } from '../../test/support/java-worker.ts'
import type { Bench, Findings } from '../figures.ts'
import { createMessages } from '../messages.ts'
import { cpuUs, kill, residentMiB } from '../proc.ts'
import { interleave } from '../rounds.ts'
import { withPrograms } from '../start-program.ts'
import { makeTopic, plainKafka } from '../topics.ts'
import { firstAnswer } from '../waiting.ts'

/** What the program `file-kafkajs` is told. */
export interface FilePipelineInput {
  readonly kafka: string
  readonly topic: string
  readonly group: string
  readonly file: string
}

/** The share of records that warm a program up before the counting begins. */
const warmUp = 0.25
/** Milliseconds that a worker is left alone before its idle memory is read. */
const settleMs = 3000

const transforms = {
  'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter.schemas.enable': 'false',
  transforms: 'drop,mark',
  'transforms.drop.type': 'org.apache.kafka.connect.transforms.ReplaceField$Value',
  'transforms.drop.exclude': 'note',
  'transforms.mark.type': 'org.apache.kafka.connect.transforms.InsertField$Value',
  'transforms.mark.static.field': 'source',
  'transforms.mark.static.value': 'bench',
}

type Variant = 'tidegate' | 'java'

/** Kafka → JSON → two transformations → file, by the same declaration in Kafka Connect itself and here. */
export async function filePipeline(bench: Bench): Promise<Findings> {
  if (process.platform !== 'linux')
    return { rows: [], notes: ['File pipeline: not run, since CPU time is read from /proc.'] }
  const topic = `${bench.prefix}.lines`
  const { fileRecords: records, rounds } = bench.scale
  await makeTopic(bench.kafka, topic)
  await fill(bench, topic, records)
  const workers = await interleave(['tidegate', 'java'], rounds, (variant, round) =>
    measureWorker(bench, variant, { topic, records, name: `${bench.prefix}-${variant}-${round}` }),
  )
  const programs = await interleave(['message', 'batch'], rounds, (variant, round) =>
    measureProgram(bench, variant, { topic, records, group: `${bench.prefix}-${variant}-${round}` }),
  )
  const row = (what: string, unit: string, figure: 'cpu' | 'idle' | 'rest' | 'first') => ({
    what,
    unit,
    ours: workers.tidegate[figure],
    java: workers.java[figure],
    naive: figure === 'cpu' ? programs.message.cpu : Number.NaN,
    limit: figure === 'cpu' ? programs.batch.cpu : Number.NaN,
  })
  return {
    rows: [
      row('Kafka → JSON → two transformations → file', 'CPU µs a record', 'cpu'),
      row('worker without connectors', 'MiB RSS', 'idle'),
      row('worker start → REST answers', 'ms', 'rest'),
      row('worker start → first record in the file', 'ms', 'first'),
    ],
    notes: [
      'File pipeline: the same topic, declaration and worker properties; the Java worker with the heap of its own start script, all its threads counted, after a quarter of the records as a warm-up.',
    ],
  }
}

interface WorkerRun {
  readonly topic: string
  readonly records: number
  readonly name: string
}

async function measureWorker(bench: Bench, variant: Variant, run: WorkerRun) {
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-bench-'))
  const out = join(dir, 'out.txt')
  const sink = { name: run.name, 'connector.class': 'FileStreamSink', topics: run.topic, file: out, ...transforms }
  try {
    const idle = await withWorker(bench, variant, dir, undefined, async ({ url, pid, restMs }) => {
      await sleep(settleMs)
      const mib = await residentMiB(pid)
      await createConnector(url, sink)
      const counter = countLines(out)
      await counter.until(run.records * warmUp)
      const [cpu, from] = [await cpuUs(pid), counter.lines()]
      await counter.until(run.records)
      return { mib, restMs, cpu: ((await cpuUs(pid)) - cpu) / (run.records - from) }
    })
    await rm(out)
    const first = await withWorker(bench, variant, dir, { ...sink, name: `${run.name}-first` }, async ({ began }) => {
      await countLines(out).until(1)
      return performance.now() - began
    })
    bench.progress(
      `file pipeline, ${variant}: ${idle.cpu.toFixed(1)} µs CPU a record, ${Math.round(idle.mib)} MiB idle, REST after ${Math.round(idle.restMs)} ms, a record after ${Math.round(first)} ms`,
    )
    return { cpu: idle.cpu, idle: idle.mib, rest: idle.restMs, first }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

interface RunningWorker {
  readonly url: string
  readonly pid: number
  readonly began: number
  readonly restMs: number
}

async function withWorker<T>(
  bench: Bench,
  variant: Variant,
  dir: string,
  connector: Readonly<Record<string, string>> | undefined,
  use: (worker: RunningWorker) => Promise<T>,
): Promise<T> {
  const url = `http://127.0.0.1:${await freePort()}`
  const [command, args] = await commandOf(bench, variant, { dir, url, connector })
  const began = performance.now()
  const child = spawn(command, args, { stdio: 'ignore' })
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  try {
    await firstAnswer(`${url}/`, AbortSignal.timeout(60_000))
    return await use({ url, pid: child.pid ?? -1, began, restMs: performance.now() - began })
  } finally {
    await kill(child)
    process.off('exit', endWithUs)
  }
}

interface Place {
  readonly dir: string
  readonly url: string
  readonly connector: Readonly<Record<string, string>> | undefined
}

async function commandOf(bench: Bench, variant: Variant, { dir, url, connector }: Place): Promise<[string, string[]]> {
  const declared = join(dir, 'connector.json')
  // Without any the worker starts those of its examples: a stopped one keeps it idle.
  const idle = {
    name: 'idle',
    config: { 'connector.class': 'FileStreamSource', topic: 'none' },
    initial_state: 'STOPPED',
  }
  await writeFile(declared, JSON.stringify(connector ?? idle))
  if (variant === 'java') {
    const options = {
      bootstrapServers: bench.kafka,
      dir,
      options: ['-Xms256M', '-Xmx2G'],
      connectors: connector ? [declared] : [],
    }
    return ['java', [...(await javaWorkerArguments(url, options))]]
  }
  const file = join(dir, 'worker.json')
  const props = {
    'bootstrap.servers': bench.kafka,
    'key.converter': 'StringConverter',
    'value.converter': 'StringConverter',
    'offset.storage.file.filename': join(dir, 'connect.offsets'),
    'offset.flush.interval.ms': '200',
    listeners: url,
    'gateway.enabled': false,
  }
  await writeFile(file, JSON.stringify(props))
  const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))
  return [process.execPath, [main, 'worker', file, declared]]
}

async function measureProgram(
  bench: Bench,
  variant: 'message' | 'batch',
  run: { topic: string; records: number; group: string },
) {
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-bench-'))
  const file = join(dir, 'out.txt')
  try {
    return await withPrograms([['file-kafkajs', {}]], async (program) => {
      const input: FilePipelineInput = { kafka: bench.kafka, topic: run.topic, group: run.group, file }
      await program.call(variant, input)
      const counter = countLines(file)
      await counter.until(run.records * warmUp)
      const [before, from] = [await program.cpu(), counter.lines()]
      await counter.until(run.records)
      const after = await program.cpu()
      const cpu = (after.user + after.system - before.user - before.system) / (run.records - from)
      bench.progress(`file pipeline, kafkajs by the ${variant}: ${cpu.toFixed(1)} µs CPU a record`)
      return { cpu }
    })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function createConnector(
  url: string,
  { name, ...config }: { readonly name: string } & Readonly<Record<string, string>>,
) {
  const response = await fetch(`${url}/connectors`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, config }),
  })
  if (!response.ok) throw new Error(`The connector was refused: ${await response.text()}`)
}

/** Counts the lines of a growing file by reading what was added. */
function countLines(path: string) {
  let position = 0
  let lines = 0
  const chunk = Buffer.alloc(1 << 20)

  async function look(): Promise<void> {
    const file = await open(path).catch(() => undefined)
    if (!file) return
    try {
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, chunk.length, position)
        if (bytesRead === 0) return
        position += bytesRead
        for (let at = chunk.indexOf(10); at >= 0 && at < bytesRead; at = chunk.indexOf(10, at + 1)) lines++
      }
    } finally {
      await file.close()
    }
  }

  return {
    lines: () => lines,
    async until(count: number): Promise<void> {
      const patience = performance.now() + 180_000
      for (await look(); lines < count; await look()) {
        if (performance.now() > patience) throw new Error(`Of ${count} lines ${lines} came in 180 s.`)
        await sleep(10)
      }
    },
  }
}

async function fill(bench: Bench, topic: string, records: number): Promise<void> {
  bench.progress(`file pipeline: writing ${records} records`)
  const producer = plainKafka(bench.kafka).producer()
  await producer.connect()
  const next = createMessages(bench.seed)
  const batch = 1000
  for (let written = 0; written < records; written += batch) {
    const messages = Array.from({ length: Math.min(batch, records - written) }, () => {
      const { key, data } = next()
      return { key, value: data }
    })
    await producer.send({ topic, messages })
  }
  await producer.disconnect()
}
