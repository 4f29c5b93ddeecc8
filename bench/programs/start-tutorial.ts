import { createServer } from 'node:http'
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { WebSocketServer } from 'ws'
import { plainKafka } from '../topics.ts'

// The naive way from a topic to a client, as tutorials have it.
const [port, kafka = '', registry = '', topic = ''] = process.argv.slice(2)
const server = createServer((_, response) => response.end('{}'))
const sockets = new WebSocketServer({ server })
server.listen(Number(port), '127.0.0.1')
const schemas = new SchemaRegistry({ host: registry })
const consumer = plainKafka(kafka).consumer({ groupId: `${topic}-tutorial-${port}` })
await consumer.connect()
await consumer.subscribe({ topic })
await consumer.run({
  async eachMessage({ message }) {
    if (message.value === null) return
    const text = JSON.stringify({ type: 'message', data: await schemas.decode(message.value) })
    for (const client of sockets.clients) client.send(text)
  },
})
