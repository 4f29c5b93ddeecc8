import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { openSocket } from '../../../src/kafka/socket.ts'

test('a connection that is closed may be let go of any number of times', async () => {
  const server = createServer((socket) => socket.destroy())
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const socket = openSocket({ host: '127.0.0.1', port, ssl: undefined as never, onConnect: () => undefined })
  socket.on('error', () => undefined)
  socket.resume()
  await once(socket, 'close')
  for (let time = 0; time < 20; time++) socket.unref()
  expect(socket.listenerCount('connect')).toBe(0)
})
