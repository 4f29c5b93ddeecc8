import { createValues } from '../avro-values.ts'
import { type Bench, type Findings, profiling } from '../figures.ts'
import { interleave } from '../rounds.ts'
import { withPrograms } from '../start-program.ts'
import { createTopic, plainKafka } from '../topics.ts'
import { vehicleSchema } from '../vehicles.ts'

/** What the three programs `sink-*` are told. */
export interface SinkPathInput {
  readonly kafka: string
  readonly registry: string
  readonly topic: string
  readonly group: string
  readonly records: number
}

/** From the assignment of the partitions to the last record. */
export interface SinkPathOutput {
  readonly cpuUs: number
  readonly wallMs: number
  readonly records: number
  /** Of JSON, so that all three can be seen to have done the same. */
  readonly bytes: number
}

/** Consume → Avro → project → JSON text. */
export async function sinkPath(bench: Bench): Promise<Findings> {
  const { records, rounds } = bench.scale
  const topic = `${bench.prefix}.vehicles`
  const schemaId = await createTopic(bench, topic, vehicleSchema)
  bench.progress(`sink path: writing ${records} records`)
  const size = await fill(bench, topic, schemaId)

  let json: number | undefined
  const figures = await interleave(['runtime', 'kafkajs-message', 'kafkajs-batch'], rounds, async (variant, round) => {
    const group = `${bench.prefix}-${variant}-${round}`
    const input: SinkPathInput = { kafka: bench.kafka, registry: bench.registry, topic, group, records }
    const execArgv = variant === 'runtime' ? profiling(bench) : []
    const output = await withPrograms([[`sink-${variant}`, { execArgv }]], (program) =>
      program.call<SinkPathOutput>('run', input),
    )
    json ??= output.bytes
    if (output.records !== records || output.bytes !== json) {
      throw new Error(
        `${variant} read ${output.records} of ${records} records, and wrote ${output.bytes} bytes, not ${json}.`,
      )
    }
    const cpu = output.cpuUs / records
    const rate = (records / output.wallMs) * 1000
    bench.progress(`sink path, ${variant}: ${cpu.toFixed(2)} µs CPU a record, ${Math.round(rate)} records/s`)
    return { cpu, rate }
  })
  const of = (figure: 'cpu' | 'rate') => ({
    ours: figures.runtime[figure],
    naive: figures['kafkajs-message'][figure],
    limit: figures['kafkajs-batch'][figure],
  })
  return {
    rows: [
      { what: 'sink path: Kafka → Avro → project → JSON', unit: 'CPU µs a record', ...of('cpu') },
      { what: 'sink path: Kafka → Avro → project → JSON', unit: 'records/s', higherIsBetter: true, ...of('rate') },
    ],
    notes: [`Sink path: ${records} records of ${size.toFixed(0)} bytes on average, 4 partitions.`],
  }
}

/** Answers the average size of a value. */
async function fill(bench: Bench, topic: string, schemaId: number): Promise<number> {
  const producer = plainKafka(bench.kafka).producer({ allowAutoTopicCreation: false })
  await producer.connect()
  const next = createValues(bench.seed, schemaId)
  let bytes = 0
  try {
    for (let left = bench.scale.records; left > 0; left -= 2000) {
      const messages = Array.from({ length: Math.min(left, 2000) }, next)
      for (const { value } of messages) bytes += value.length
      await producer.send({ topic, acks: 1, messages })
    }
  } finally {
    await producer.disconnect()
  }
  return bytes / bench.scale.records
}
