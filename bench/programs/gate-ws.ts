import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { plainKafka } from '../topics.ts'

// The naive way, as tutorials have it: one channel, each message sent to each client.
const [port, kafka = '', topic = ''] = process.argv.slice(2)
const server = createServer((_, response) => response.end('{}'))
const sockets = new WebSocketServer({ server })
server.listen(Number(port), '127.0.0.1')
const consumer = plainKafka(kafka).consumer({ groupId: `${topic}-tutorial-${port}` })
await consumer.connect()
await consumer.subscribe({ topic })
await consumer.run({
  async eachMessage({ message }) {
    const text = JSON.stringify({ type: 'message', data: JSON.parse(message.value?.toString() ?? 'null') as unknown })
    for (const client of sockets.clients) client.send(text)
  },
})
