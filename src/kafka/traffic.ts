import type { Socket } from 'node:net'

/** What this process has asked of Kafka since it started, whatever client asked. */
export interface KafkaTraffic {
  readonly connections: number
  /** By the name of the request. */
  readonly requests: Readonly<Record<string, number>>
}

/** `api_key` of the protocol. */
const names = new Map(
  Object.entries({
    produce: 0,
    fetch: 1,
    listOffsets: 2,
    metadata: 3,
    offsetCommit: 8,
    offsetFetch: 9,
    findCoordinator: 10,
    joinGroup: 11,
    heartbeat: 12,
    leaveGroup: 13,
    syncGroup: 14,
  }).map(([name, key]) => [key, name]),
)

const counts = new Map<string, number>()
let connections = 0

export const kafkaTraffic = (): KafkaTraffic => ({ connections, requests: Object.fromEntries(counts) })

/** Counts the connection and what is asked over it: kafkajs writes each request at once, its size before it. */
export function countTraffic(socket: Socket): void {
  connections++
  const write = socket.write.bind(socket) as (...args: readonly unknown[]) => boolean
  socket.write = (...args: readonly unknown[]) => {
    const [bytes] = args
    if (Buffer.isBuffer(bytes) && bytes.length >= 6) {
      const name = names.get(bytes.readInt16BE(4)) ?? 'other'
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    return write(...args)
  }
}
