import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { textFrame } from '../../src/gateway/transports/text-frame.ts'
import { plainKafka } from '../topics.ts'

// The limit: kafkajs, each batch framed once, one write of it for each client; one channel, and nothing else.
const [port, kafka = '', topic = ''] = process.argv.slice(2)
const clients = new Set<Socket>()
const server = createServer((_, response) => response.end('{}'))
server.on('upgrade', (request, stream) => {
  const socket = stream as Socket
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const accept = createHash('sha1').update(key).digest('base64')
  socket.setNoDelay(true)
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  socket.resume()
  socket.on('error', () => socket.destroy())
  socket.on('close', () => clients.delete(socket))
  clients.add(socket)
})
server.listen(Number(port), '127.0.0.1')
const consumer = plainKafka(kafka).consumer({ groupId: `${topic}-framed-${port}`, maxWaitTimeInMs: 100 })
await consumer.connect()
await consumer.subscribe({ topic })
await consumer.run({
  autoCommit: false,
  async eachBatch({ batch }) {
    const frames = batch.messages.map(({ value }) =>
      textFrame(`{"type":"message","data":${value?.toString() ?? 'null'}}`),
    )
    const bytes = Buffer.concat(frames)
    for (const client of clients) client.write(bytes)
  },
})
