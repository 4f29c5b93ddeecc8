import { setImmediate as nextTurn } from 'node:timers/promises'
import { closeCodes, errorCodes } from '../../src/gateway/codes.ts'
import { serverFrames } from '../../src/gateway/protocol.ts'
import { createHostile } from './hostile-frames.ts'
import { clientFrame, type RawClient, type RawFrame, rawClient, requestText } from './raw-websocket.ts'

export interface FuzzOptions {
  readonly port: number
  /** How many frames are sent in all. */
  readonly frames: number
  readonly random: () => number
  /** Codes of errors beside the gate's own. */
  readonly moreErrors: readonly string[]
}

export interface FuzzCounts {
  frames: number
  connections: number
  handshakes: number
  readonly answers: Map<string, number>
}

/** Connections at once, and the longest that any of them may leave without an answer (ms). */
const [slots, patienceMs] = [40, 15_000]
/** Of so many connections one begins with no handshake. */
const oddHandshakes = 8

/** Sends hostile frames until there were enough. Rejects with what was not answered as it has to be. */
export async function fuzzGate({ port, frames, random, moreErrors }: FuzzOptions): Promise<FuzzCounts> {
  const hostile = createHostile(random)
  const counts: FuzzCounts = { frames: 0, connections: 0, handshakes: 0, answers: new Map() }
  const add = (what: string): void => void counts.answers.set(what, (counts.answers.get(what) ?? 0) + 1)

  const wait = async (client: RawClient, until: () => boolean, sent: readonly Buffer[]): Promise<void> => {
    const end = Date.now() + patienceMs
    while (!until() && !client.isEnded()) {
      const timer = setTimeout(() => client.socket.destroy(new Error('no answer')), Math.max(1, end - Date.now()))
      await client.next()
      clearTimeout(timer)
      if (Date.now() >= end) throw new Error(`no answer to ${Buffer.concat(sent).toString('hex').slice(-4000)}`)
    }
  }

  const check = ({ opcode, payload, rsv, fin }: RawFrame, sent: readonly Buffer[]): void => {
    const wrong = (what: string): Error =>
      new Error(`${what}: ${payload.toString()} after ${Buffer.concat(sent).toString('hex').slice(-4000)}`)
    if (rsv !== 0 || !fin) throw wrong('a frame that is none')
    if (opcode === 8) {
      const code = payload.length < 2 ? 1005 : payload.readUInt16BE()
      const own = Object.entries(closeCodes).find(([, each]) => each.code === code)?.[0]
      if (own === 'internal') throw wrong('the gate failed')
      // The echo of the client's own close frame.
      return add(`close ${own ?? 'echoed'}`)
    }
    if (opcode === 10) return
    if (opcode !== 1) throw wrong(`a frame of the kind ${opcode}`)
    const frame = JSON.parse(payload.toString()) as { readonly type: string; readonly code?: string }
    if (!Object.hasOwn(serverFrames, frame.type)) throw wrong('an unknown frame')
    if (frame.type !== 'error') return add(frame.type)
    const code = String(frame.code)
    if (!Object.hasOwn(errorCodes, code) && !moreErrors.includes(code)) throw wrong('an unknown error')
    if (code === 'internal') throw wrong('the gate failed')
    add(`error ${code}`)
  }

  const oddHandshake = async (): Promise<void> => {
    counts.handshakes++
    const request = Buffer.from(hostile.handshake(), 'latin1')
    const client = rawClient(port)
    client.send(request)
    client.socket.end()
    await wait(client, () => client.status() !== undefined, [request])
    add(`handshake ${client.status() ?? 'cut'}`)
    client.socket.resetAndDestroy()
    if ((client.status() ?? 0) === 500) throw new Error(`500 after ${request.toString('hex')}`)
  }

  const connection = async (): Promise<void> => {
    counts.connections++
    const client = rawClient(port)
    client.send(requestText())
    await wait(client, () => client.status() !== undefined, [])
    if (client.status() !== 101) throw new Error(`the handshake was answered with ${client.status()}`)
    const sent: Buffer[] = []
    for (let round = 1; !client.isEnded() && round < 20 && counts.frames < frames; round++) {
      const batch = Array.from({ length: 1 + Math.floor(random() * 20) }, () => hostile.frame())
      counts.frames += batch.length
      const id = 1e9 + round
      sent.push(...batch, clientFrame({ payload: `{"type":"ping","id":${id}}` }))
      client.send(Buffer.concat([...batch, sent.at(-1) ?? Buffer.alloc(0)]))
      const isAnswered = (): boolean => client.closeCode() !== undefined || client.answer().includes(`"id":${id}}`)
      await wait(client, isAnswered, sent)
      if (client.closeCode() !== undefined) break
    }
    for (const frame of client.frames()) check(frame, sent)
    // Without a word only a client that has ended by itself may be left.
    if (client.isEnded() && client.closeCode() === undefined)
      throw new Error(`cut after ${Buffer.concat(sent).toString('hex').slice(-4000)}`)
    client.socket.resetAndDestroy()
  }

  let failed = false
  const slot = async (): Promise<void> => {
    while (counts.frames < frames && !failed) {
      await (Math.floor(random() * oddHandshakes) === 0 ? oddHandshake() : connection())
      await nextTurn()
    }
  }
  const ended = Array.from({ length: slots }, () =>
    slot().finally(() => {
      failed = true
    }),
  )
  await Promise.all(ended)
  return counts
}
