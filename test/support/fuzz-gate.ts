import { setImmediate as nextTurn } from 'node:timers/promises'
import { constants, inflateRawSync } from 'node:zlib'
import { closeCodes, errorCodes } from '../../src/gateway/codes.ts'
import { serverFrames } from '../../src/gateway/protocol.ts'
import { createHostile } from './hostile-frames.ts'
import { clientFrame, type RawClient, type RawFrame, rawClient, requestText } from './raw-websocket.ts'
import { scale, seededRandom } from './scale.ts'

export interface FuzzOptions {
  readonly port: number
  /** How many frames are sent in all. */
  readonly frames: number
  /** It decides each visit by its number, whatever goes on beside it. */
  readonly seed: number
  /** The number of the first visit. */
  readonly from: number
  /** This visit alone, as a failure names it. */
  readonly only?: number | undefined
  /** Codes of errors beside the gate's own. */
  readonly moreErrors: readonly string[]
  /** Called after each share of the frames, while no visit goes on. */
  readonly rest?: () => Promise<void>
}

export interface FuzzCounts {
  frames: number
  /** The number after the last visit. */
  visits: number
  connections: number
  handshakes: number
  readonly answers: Map<string, number>
}

/** Visits at once, and the longest that any of them may be left without an answer (ms). */
const [slots, patienceMs] = [40, 15_000]
/** Of so many visits one begins with no handshake, and one takes compressed frames. */
const [oddHandshakes, compressed] = [8, 3]
/** How often all rest. */
const shares = scale({ small: 2, full: 10 })

/** Sends hostile frames until there were enough. Rejects with the visit that was not answered as it has to be. */
export async function fuzzGate({ port, frames, seed, from, only, moreErrors, rest }: FuzzOptions): Promise<FuzzCounts> {
  const counts: FuzzCounts = { frames: 0, visits: from, connections: 0, handshakes: 0, answers: new Map() }
  const add = (what: string): void => void counts.answers.set(what, (counts.answers.get(what) ?? 0) + 1)

  const wait = async (client: RawClient, until: () => boolean): Promise<void> => {
    const end = Date.now() + patienceMs
    while (!until() && !client.isEnded()) {
      const timer = setTimeout(() => client.socket.destroy(), Math.max(1, end - Date.now()))
      await client.next()
      clearTimeout(timer)
      if (Date.now() >= end) throw new Error('no answer came')
    }
  }

  const checkFrame = ({ opcode, payload, rsv, fin }: RawFrame, isCompressed: boolean): void => {
    const wrong = (what: string): Error => new Error(`${what}: ${payload.toString().slice(0, 500)}`)
    if (!fin || (rsv !== 0 && !(rsv === 4 && isCompressed && opcode === 1))) throw wrong('a frame that is none')
    if (opcode === 8) {
      const code = payload.length < 2 ? 1005 : payload.readUInt16BE()
      const own = Object.entries(closeCodes).find(([, each]) => each.code === code)?.[0]
      if (own === 'internal') throw wrong('the gate failed')
      // The echo of the client's own close frame.
      return add(`close ${own ?? 'echoed'}`)
    }
    if (opcode === 10) return
    if (opcode !== 1) throw wrong(`a frame of the kind ${opcode}`)
    const frame = JSON.parse(textOf(payload, rsv === 4)) as { readonly type: string; readonly code?: string }
    if (!Object.hasOwn(serverFrames, frame.type)) throw wrong('an unknown frame')
    if (frame.type !== 'error') return add(frame.type)
    const code = String(frame.code)
    if (!Object.hasOwn(errorCodes, code) && !moreErrors.includes(code)) throw wrong('an unknown error')
    if (code === 'internal') throw wrong('the gate failed')
    add(`error ${code}`)
  }

  const oddHandshake = async (request: Buffer): Promise<void> => {
    counts.handshakes++
    const client = rawClient(port)
    client.send(request)
    client.socket.end()
    await wait(client, () => client.status() !== undefined)
    if (client.status() === undefined) throw new Error('the handshake was not answered')
    add(`handshake ${client.status()}`)
    client.socket.resetAndDestroy()
    if (client.status() === 500) throw new Error('the handshake was answered with 500')
  }

  const connection = async (random: () => number, isCompressed: boolean): Promise<void> => {
    counts.connections++
    const hostile = createHostile(random, isCompressed)
    const client = rawClient(port)
    client.send(requestText(isCompressed ? { 'Sec-WebSocket-Extensions': 'permessage-deflate' } : {}))
    await wait(client, () => client.status() !== undefined)
    if (client.status() !== 101) throw new Error(`the handshake was answered with ${client.status()}`)
    const rounds = 1 + Math.floor(random() * 20)
    for (let round = 1; !client.isEnded() && client.closeCode() === undefined && round <= rounds; round++) {
      const batch = Array.from({ length: 1 + Math.floor(random() * 20) }, () => hostile.frame())
      counts.frames += batch.length
      const id = 1e9 + round
      client.send(Buffer.concat([...batch, clientFrame({ payload: `{"type":"ping","id":${id}}` })]))
      const answer = Buffer.from(`"id":${id}}`)
      const isAnswered = (): boolean =>
        client.closeCode() !== undefined || client.frames().some(({ payload }) => payload.includes(answer))
      await wait(client, isAnswered)
    }
    for (const frame of client.frames()) checkFrame(frame, isCompressed)
    // Without a word only a client that has ended by itself may be left.
    if (client.isEnded() && client.closeCode() === undefined) throw new Error('the connection was cut')
    client.socket.resetAndDestroy()
  }

  const visit = async (number: number): Promise<void> => {
    const random = seededRandom(seed, number)
    const isOneIn = (times: number): boolean => Math.floor(random() * times) === 0
    try {
      if (isOneIn(oddHandshakes)) await oddHandshake(Buffer.from(createHostile(random, false).handshake(), 'latin1'))
      else await connection(random, isOneIn(compressed))
    } catch (error) {
      throw new Error(`Visit ${number} of the seed ${seed} (TIDEGATE_SEED=${seed} TIDEGATE_VISIT=${number})`, {
        cause: error,
      })
    }
  }

  if (only !== undefined) {
    await visit(only)
    return counts
  }
  const failures: unknown[] = []
  const slot = async (most: number): Promise<void> => {
    while (counts.frames < most && failures.length === 0) {
      await visit(counts.visits++).catch((error: unknown) => failures.push(error))
      await nextTurn()
    }
  }
  for (let share = 1; share <= shares; share++) {
    await Promise.all(Array.from({ length: slots }, () => slot((frames * share) / shares)))
    if (failures.length > 0) throw failures[0]
    await rest?.()
  }
  return counts
}

const textOf = (payload: Buffer, isDeflated: boolean): string =>
  (isDeflated ? inflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }) : payload).toString()
