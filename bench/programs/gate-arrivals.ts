import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '#api'
import { clientFrame } from '../frames.ts'
import { type Dialect, greetings } from '../greetings.ts'
import { createLatencies } from '../latencies.ts'
import { serveCommands } from '../program.ts'
import { openRawClient } from '../raw-client.ts'
import { createTextReader } from '../text-reader.ts'

export interface ArrivalsInput {
  readonly dialect: Dialect
  readonly port: number
  readonly clients: number
}

export interface ResumeInput {
  readonly port: number
  readonly clients: number
  readonly position: string
  /** How many each has missed. */
  readonly missed: number
}

/** Signs that a client has not what it asked for. */
const refusals = ['"type":"error"', '"error":{', '"recovered":false']
/** How often one that may try again does, and after how long (ms). */
const [tries, againMs] = [20, 500]
/** How many come at once. */
const together = 100

// Clients that come, go, come back, and are not let in.
const open: Socket[] = []
let newest: string | undefined
let busyFrom = process.cpuUsage()

serveCommands({ connect, churn, knock, position, resume })

/** The next ones; answers how many milliseconds until all had their subscriptions. */
async function connect(input: ArrivalsInput): Promise<number> {
  const began = performance.now()
  for (let left = input.clients; left > 0; left -= together) {
    const sockets = await Promise.all(Array.from({ length: Math.min(left, together) }, () => subscribe(input, {})))
    open.push(...sockets)
  }
  return performance.now() - began
}

/** Each client leaves and is back at once, every `everyS`; answers how many came back, how long it took them, and how busy this was. */
async function churn(input: ArrivalsInput & { readonly seconds: number; readonly everyS: number }) {
  const latencies = createLatencies()
  busyFrom = process.cpuUsage()
  const began = performance.now()
  const rate = open.length / input.everyS
  let [returned, place] = [0, 0]
  const returns: Promise<void>[] = []
  const leaveAndReturn = async (at: number): Promise<void> => {
    const since = performance.now()
    open[at]?.destroy()
    open[at] = await subscribe(input, newest === undefined ? {} : { position: newest })
    latencies.add(performance.now() - since)
  }
  for (const all = Math.round(rate * input.seconds); returned < all; ) {
    const due = Math.min(all, ((performance.now() - began) * rate) / 1000)
    for (; returned < due; returned++) returns.push(leaveAndReturn(place++ % open.length))
    await sleep(5)
  }
  await Promise.all(returns)
  return { returned, p99: latencies.percentile(0.99), busy: busySince(began) }
}

/** Tries to come in; answers how many were let in. */
async function knock(input: ArrivalsInput): Promise<number> {
  let entered = 0
  for (let left = input.clients; left > 0; left -= together) {
    const tried = Array.from({ length: Math.min(left, together) }, () => subscribe(input, {}))
    for (const { value: socket } of (await Promise.allSettled(tried)).filter((each) => each.status === 'fulfilled')) {
      entered++
      socket.destroy()
    }
  }
  return entered
}

/** Where a subscription that begins now stands. */
async function position(input: ArrivalsInput): Promise<string> {
  const socket = await subscribe(input, {})
  socket.destroy()
  if (newest === undefined) throw new Error('The gate told no position.')
  return newest
}

/** All come back with one position at once; answers how long (ms) until each had what it missed. */
async function resume({ port, clients, position: from, missed }: ResumeInput) {
  busyFrom = process.cpuUsage()
  const began = performance.now()
  const sockets: Socket[] = []
  for (let left = clients; left > 0; left -= together) {
    const some = Array.from({ length: Math.min(left, together) }, () => comeBack({ port, position: from, missed }))
    sockets.push(...(await Promise.all(some)))
  }
  const ms = performance.now() - began
  const busy = busySince(began)
  for (const socket of sockets) socket.destroy()
  return { ms, busy }
}

/** Resolves when the client has all that it missed; what it may try again it tries again. */
async function comeBack({ port, position: from, missed }: Omit<ResumeInput, 'clients'>): Promise<Socket> {
  for (let left = tries; ; left--) {
    let got = 0
    let arrived: (() => void) | undefined
    const whole = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const count = createTextReader('{"type":"message"', () => {
      if (++got === missed) arrived?.()
    })
    try {
      const socket = await subscribe({ dialect: 'tidegate', port }, { position: from }, count)
      await whole
      return socket
    } catch (error) {
      if (left === 0 || !messageOf(error).includes('"retryable":true')) throw error
      await sleep(againMs)
    }
  }
}

function busySince(began: number): number {
  const { user, system } = process.cpuUsage(busyFrom)
  return (user + system) / 1000 / (performance.now() - began)
}

/** Resolves when the client has its subscription. */
function subscribe(
  { dialect, port }: Pick<ArrivalsInput, 'dialect' | 'port'>,
  terms: { readonly position?: string },
  onMore?: (bytes: Uint8Array, length: number) => void,
): Promise<Socket> {
  const { path, text } = greetings[dialect]('bench', terms)
  return new Promise((resolve, reject) => {
    let greeted: Socket | undefined
    let heard = ''
    openRawClient({
      port,
      path: terms.position === undefined ? path : `${path}?resume=1`,
      onOpen(socket) {
        socket.write(clientFrame(text))
        greeted = socket
        if (dialect === 'plain') resolve(socket)
      },
      onBytes(bytes, length) {
        onMore?.(bytes, length)
        if (!greeted) return
        heard += Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1')
        const socket = greeted
        if (refusals.some((sign) => heard.includes(sign))) return reject(new Error(heard))
        if (!heard.includes(dialect === 'tidegate' ? '"type":"subscribed"' : '"subscribe"')) return
        newest = /"type":"subscribed".*?"position":"([^"]+)"/s.exec(heard)?.[1] ?? newest
        heard = ''
        greeted = undefined
        resolve(socket)
      },
      onEnd: (reason) => reject(new Error(`A client lost its connection: ${reason}`)),
    })
  })
}
