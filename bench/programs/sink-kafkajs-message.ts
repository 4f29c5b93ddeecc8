import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import type { SinkPathInput, SinkPathOutput } from '../measures/sink-path.ts'
import { serveCommands } from '../program.ts'
import { plainKafka } from '../topics.ts'
import type { Vehicle } from '../vehicles.ts'

// The naive way, as tutorials have it: one message at a time, each decoded with an `await`.
serveCommands({ run })

async function run({ kafka, registry, topic, group, records }: SinkPathInput): Promise<SinkPathOutput> {
  const schemas = new SchemaRegistry({ host: registry })
  const consumer = plainKafka(kafka).consumer({ groupId: group })
  let cpu = process.cpuUsage()
  let began = performance.now()
  let count = 0
  let bytes = 0
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  consumer.on('consumer.group_join', () => {
    cpu = process.cpuUsage()
    began = performance.now()
  })
  const output = await new Promise<SinkPathOutput>((resolve, reject) => {
    const finish = () => {
      const { user, system } = process.cpuUsage(cpu)
      resolve({ cpuUs: user + system, wallMs: performance.now() - began, records: count, bytes })
    }
    consumer
      .run({
        async eachMessage({ message }) {
          if (message.value === null) return
          const vehicle = (await schemas.decode(message.value)) as Vehicle
          const projected = { id: vehicle.id, lat: vehicle['latitude'], long: vehicle['longitude'] }
          bytes += JSON.stringify(projected).length
          if (++count === records) finish()
        },
      })
      .catch(reject)
  })
  await consumer.disconnect()
  return output
}
