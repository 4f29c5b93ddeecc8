import { isIP, connect as overTcp, type Socket } from 'node:net'
import { connect as overTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'
import { countTraffic } from './traffic.ts'

const keepAliveMs = 60_000

/** A connection as kafkajs makes one. While Kafka is away it lets go of the former one at each try, and Node would keep a listener for each. */
export const openSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = ssl
    ? overTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...ssl }, onConnect)
    : overTcp({ host, port }, onConnect)
  countTraffic(socket)
  socket.setKeepAlive(true, keepAliveMs)
  // Closed, it holds nothing back.
  socket.once('close', () => {
    socket.unref = (): Socket => socket
  })
  return socket
}
