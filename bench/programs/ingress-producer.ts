import { createValues } from '../avro-values.ts'
import type { IngressInput } from '../measures/ingress.ts'
import { serveCommands } from '../program.ts'
import { plainKafka } from '../topics.ts'

// The limit with kafkajs: no WebSocket, the values encoded beforehand, 500 in a batch and up to four batches under way.
const batchSize = 500
const inFlight = 4
let send: ((messages: number) => Promise<void>) | undefined

serveCommands({ prepare, send: ({ messages }: { messages: number }) => send?.(messages) ?? Promise.resolve() })

async function prepare({ kafka, topic, schemaId, seed }: IngressInput): Promise<void> {
  const producer = plainKafka(kafka).producer()
  await producer.connect()
  const next = createValues(seed, schemaId)
  send = async (messages) => {
    let left = Math.ceil(messages / batchSize)
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        while (left-- > 0) {
          const batch = Array.from({ length: batchSize }, () => ({ value: next().value }))
          await producer.send({ topic, acks: -1, messages: batch })
        }
      }),
    )
  }
}
