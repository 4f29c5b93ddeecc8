import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bench, type Findings, profiling } from '../figures.ts'
import { interleave } from '../rounds.ts'
import { type Program, withPrograms } from '../start-program.ts'
import { createTopic } from '../topics.ts'
import { vehicleSchema } from '../vehicles.ts'

/** What the programs `ingress-*` are told. */
export interface IngressInput {
  readonly kafka: string
  readonly registry: string
  readonly topic: string
  readonly schemaId: number
  readonly seed: number
  /** For files; gone afterwards. */
  readonly dir: string
}

const connections = 50
/** Messages of one connection on their way: all together within the source's `ingress.max.pending`. */
const window = 16

/** Client → WebSocket → JSON → Avro → Kafka → acknowledgement. */
export async function ingress(bench: Bench): Promise<Findings> {
  const { rounds, messages, naiveMessages } = bench.scale
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-bench-'))
  try {
    const figures = await interleave(['worker', 'naive', 'producer'], rounds, async (variant, round) => {
      const topic = `${bench.prefix}.ingress-${variant}-${round}`
      const schemaId = await createTopic(bench, topic, vehicleSchema)
      const { kafka, registry, seed } = bench
      const input: IngressInput = { kafka, registry, topic, schemaId, seed, dir }
      const count = variant === 'naive' ? naiveMessages : messages
      const output =
        variant === 'producer'
          ? await produce(input, count)
          : await publish(input, count, variant, variant === 'worker' ? profiling(bench) : [])
      bench.progress(
        `ingress, ${variant}: ${output.cpu.toFixed(1)} µs CPU a message, ${Math.round(output.rate)} messages/s`,
      )
      return output
    })
    const of = (figure: 'cpu' | 'rate') => ({
      ours: figures.worker[figure],
      naive: figures.naive[figure],
      limit: figures.producer[figure],
    })
    const what = 'ingress: WebSocket → Avro → Kafka, acknowledged'
    return {
      rows: [
        { what, unit: 'CPU µs a message', ...of('cpu') },
        { what, unit: 'messages/s', higherIsBetter: true, ...of('rate') },
      ],
      notes: [
        `Ingress: ${connections} connections with ${window} messages under way each; the limit is a bare producer of encoded values, 500 a batch, without any WebSocket.`,
      ],
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

const publish = (input: IngressInput, count: number, variant: string, execArgv: readonly string[]) =>
  withPrograms(
    [
      [`ingress-${variant}`, { execArgv }],
      ['publishers', {}],
    ],
    async (server, publishers) => {
      const port = await server.call<number>('listen', input)
      await publishers.call('connect', { port, connections, seed: input.seed })
      return timed(server, count, async (messages) => {
        const refused = await publishers.call<number>('publish', { messages, window })
        if (refused > 0) throw new Error(`${refused} of ${messages} messages were refused.`)
      })
    },
  )

const produce = (input: IngressInput, count: number) =>
  withPrograms([['ingress-producer', {}]], async (producer) => {
    await producer.call('prepare', input)
    return timed(producer, count, (messages) => producer.call('send', { messages }))
  })

/** CPU µs of the program for each message and messages/s, after a warm-up. */
async function timed(
  program: Program,
  count: number,
  work: (messages: number) => Promise<unknown>,
): Promise<{ cpu: number; rate: number }> {
  await work(Math.max(1000, Math.round(count / 10)))
  const before = await program.cpu()
  const began = performance.now()
  await work(count)
  const wallMs = performance.now() - began
  const after = await program.cpu()
  return { cpu: (after.user + after.system - before.user - before.system) / count, rate: (count / wallMs) * 1000 }
}
