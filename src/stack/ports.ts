import { connect, createServer } from 'node:net'
import { portOwner } from './port-owner.ts'
import { StackError } from './stack-error.ts'

export interface PortChoice {
  /** What the user asked for; 0 means any free port, undefined the default. */
  readonly wanted: number | undefined
  readonly fallback: number
  /** Who will listen there, for the messages: `Kafka`. */
  readonly label: string
  readonly progress: (line: string) => void
}

/** How a choice looks at the machine; tests bring their own. */
export interface PortSight {
  readonly isFree: (port: number) => Promise<boolean>
  readonly anyFree: () => Promise<number>
  readonly owner: (port: number) => Promise<string | undefined>
}

/** A port asked for by number is taken or refused; the default moves out of the way of whoever has it. */
export async function choosePort(choice: PortChoice, sight: PortSight = machine): Promise<number> {
  const { wanted, fallback, label, progress } = choice
  if (wanted === 0) return await sight.anyFree()
  const port = wanted ?? fallback
  if (await sight.isFree(port)) return port
  const holder = (await sight.owner(port)) ?? 'another process'
  if (wanted !== undefined) {
    throw new StackError(`Port ${port}, asked for ${label}, is taken by ${holder}: end that, or name another port.`)
  }
  const moved = (await sight.isFree(fallback + 10_000)) ? fallback + 10_000 : await sight.anyFree()
  progress(`Port ${port} is taken by ${holder}; ${label} moves to ${moved}.`)
  return moved
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Whether a server could listen on 127.0.0.1 and be the one that answers there. */
export async function isPortFree(port: number): Promise<boolean> {
  return !(await isAnswered(port)) && (await canListen(port))
}

/** Some systems let one listen beside a listener on all addresses, so that listening alone proves nothing. */
const isAnswered = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1_000 })
    const end = (answered: boolean): void => {
      socket.destroy()
      resolve(answered)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })

const canListen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

const machine: PortSight = { isFree: isPortFree, anyFree: freePort, owner: portOwner }
