import { vehicleType } from '../avro-values.ts'
import type { SinkPathInput, SinkPathOutput } from '../measures/sink-path.ts'
import { serveCommands } from '../program.ts'
import { plainKafka } from '../topics.ts'
import type { Vehicle } from '../vehicles.ts'

// The limit with kafkajs and avsc: whole batches, a compiled type at hand, nothing awaited and nothing committed.
serveCommands({ run })

async function run({ kafka, topic, group, records }: SinkPathInput): Promise<SinkPathOutput> {
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
        autoCommit: false,
        async eachBatch({ batch }) {
          for (const { value } of batch.messages) {
            if (value === null) continue
            const vehicle = vehicleType.decode(value, 5).value as Vehicle
            bytes += JSON.stringify({ id: vehicle.id, lat: vehicle['latitude'], long: vehicle['longitude'] }).length
          }
          count += batch.messages.length
          if (count === records) finish()
        },
      })
      .catch(reject)
  })
  await consumer.disconnect()
  return output
}
