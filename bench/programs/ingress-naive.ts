import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { WebSocketServer } from 'ws'
import type { IngressInput } from '../measures/ingress.ts'
import { serveCommands } from '../program.ts'
import { plainKafka } from '../topics.ts'

// The naive way, as tutorials have it: each message is encoded and sent by itself.
serveCommands({ listen })

async function listen({ kafka, registry, topic, schemaId }: IngressInput): Promise<number> {
  const schemas = new SchemaRegistry({ host: registry })
  const producer = plainKafka(kafka).producer()
  await producer.connect()
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', (client) => {
    client.on('message', async (text: Buffer) => {
      const { id, data } = JSON.parse(text.toString()) as { id: number; data: unknown }
      try {
        await producer.send({ topic, messages: [{ value: await schemas.encode(schemaId, data) }] })
        client.send(JSON.stringify({ type: 'published', id }))
      } catch (error) {
        client.send(JSON.stringify({ type: 'error', id, message: String(error) }))
      }
    })
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
