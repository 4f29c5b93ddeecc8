import { connect } from 'node:net'

/** Metadata v4 (KIP-4) for no topic at all: header {key 3, version 4, correlation 1, client id null}, topics [], no creation. */
const request = Buffer.from([0, 0, 0, 15, 0, 3, 0, 4, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0, 0])

/** Whether a broker answers at the port and counts itself in: an accepted connection alone comes too early. */
export function probeKafka(port: number, timeoutMs = 2_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: timeoutMs })
    let answer = Buffer.alloc(0)
    const end = (ready: boolean): void => {
      socket.destroy()
      resolve(ready)
    }
    socket.once('connect', () => socket.write(request))
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk])
      if (answer.length >= 16) end(brokersIn(answer) > 0)
    })
    for (const event of ['timeout', 'error', 'close']) socket.once(event, () => end(false))
  })
}

/** Size, correlation id, throttle time, then the number of brokers. */
const brokersIn = (answer: Buffer): number => (answer.readInt32BE(4) === 1 ? answer.readInt32BE(12) : 0)
