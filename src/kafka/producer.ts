import type { Kafka, Producer } from 'kafkajs'
import type { Connection } from './connections.ts'
import type { RecordProducer } from './ports.ts'
import { createRecordSender, notAcknowledged } from './send-records.ts'

/** Trying again is its caller's affair beyond a few times, so that it can say what it does. */
export async function startProducer(
  kafka: () => Promise<Kafka>,
  { settings: all, explain }: Connection,
): Promise<RecordProducer> {
  const { producer: settings, connection } = all
  const sender = createRecordSender(all)
  let connecting: Promise<Producer> | undefined

  async function create(): Promise<Producer> {
    const producer = (await kafka()).producer({
      createPartitioner: sender.createPartitioner,
      allowAutoTopicCreation: true,
      idempotent: settings['enable.idempotence'],
      maxInFlightRequests: settings['max.in.flight.requests.per.connection'],
      ...(connection['metadata.max.age.ms'] !== null && { metadataMaxAge: connection['metadata.max.age.ms'] }),
      retry: {
        retries: Math.min(settings.retries, mostRetries),
        initialRetryTime: connection['retry.backoff.ms'],
        maxRetryTime: Math.max(1000, connection['retry.backoff.ms']),
      },
    })
    try {
      await producer.connect()
    } catch (error) {
      await producer.disconnect().catch(() => undefined)
      throw error
    }
    return producer
  }

  /** Connects when first needed, so that a worker starts while Kafka is away. */
  async function connected(): Promise<Producer> {
    connecting ??= create()
    const mine = connecting
    try {
      return await mine
    } catch (error) {
      if (connecting === mine) connecting = undefined
      throw error
    }
  }

  return {
    async send(records) {
      try {
        const producer = await connected()
        return await sender.send((batch) => producer.sendBatch(batch), records)
      } catch (error) {
        throw notAcknowledged(records, explain(error))
      }
    },
    async close() {
      const opened = await Promise.allSettled([connecting])
      for (const each of opened) if (each.status === 'fulfilled') await each.value?.disconnect()
    },
  }
}

const mostRetries = 10
