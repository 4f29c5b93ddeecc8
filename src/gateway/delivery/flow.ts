import type { CloseName } from '../codes.ts'

/**
 * How far a client has come with what was written to it: pings go in line with the data, and each pong says that all before it
 * was handled. Kernel and network hold megabytes that no socket tells of; this does.
 */
export interface Flow {
  /** Bytes of messages written. */
  sent: number
  /** A sweep may write up to here without asking. */
  mark: number
  /** Whether this many bytes may follow what is under way. */
  takes(bytes: number): boolean
  /** Messages that may follow for those who want them fresh. */
  room(now: number): number
  /** To be told of all that is written, afterwards; `fresh` are messages of those who want them fresh. */
  wrote(bytes: number, fresh: number, now: number): void
  /** The same for a sweep, before it writes: answers whether a ping is to go behind the bytes, in one write with them. */
  carries(bytes: number, now: number): boolean
  /** Sends a ping, which is answered when all before it was handled. */
  ping(now: number): void
  /** When (ms) the last ping was sent; undefined while its answer is awaited. */
  pingedAt(): number | undefined
  /** Answers whether a ping was under way. */
  pong(now: number): boolean
  /** The client could not be heard until now. */
  unheard(now: number): void
  /** Why a client that has not answered for so long is to be closed; undefined: it is not, or makes progress. */
  overdue(now: number, timeoutMs: number): CloseName | undefined
}

export interface FlowOptions {
  /** The most bytes under way; 0: nothing is measured. */
  readonly inFlightBytes: number
  /** Writes a ping in line; undefined: nothing comes back from the client. */
  readonly ping: (() => void) | undefined
  readonly now: number
}

/** How long (ms) a fresh message may be under way: the number of those that are follows from it. */
const freshMs = 500
const [firstRoom, mostRoom] = [8, 4096]
/** Pings under way at once. */
const maxPings = 8
/** Bytes a second of the slowest client that is waited for. */
const slowest = 2048

interface Ping {
  readonly bytes: number
  readonly fresh: number
  readonly at: number
  /** Sent for the number of messages, and not for the time. */
  readonly isFull: boolean
}

export function createFlow({ inFlightBytes, ping: writePing, now: startedAt }: FlowOptions): Flow {
  const isMeasured = inFlightBytes > 0 && writePing !== undefined
  const most = isMeasured ? inFlightBytes : Number.POSITIVE_INFINITY
  const pings: Ping[] = []
  let fresh = 0
  let room = firstRoom
  /** The least lag of a pong: what the network takes. */
  let quickest = freshMs
  let pinged = { bytes: 0, fresh: 0, at: startedAt }
  let handled = { bytes: 0, fresh: 0, at: startedAt }

  const aim = (): number => Math.min(Math.max(freshMs, 2 * quickest), 2 * freshMs)
  const under = (): number => fresh - handled.fresh
  const setMark = (): void => {
    flow.mark = Math.min(pinged.bytes + most / 4, handled.bytes + most)
  }
  const note = (now: number, isFull: boolean): void => {
    pinged = { bytes: flow.sent, fresh, at: now }
    pings.push({ ...pinged, isFull })
    setMark()
  }
  const send = (now: number, isFull: boolean): void => {
    note(now, isFull)
    writePing?.()
  }
  /** Without a ping under way nobody would hear that there is room again. */
  const isStuck = (): boolean => pings.length === 0 && (flow.sent - handled.bytes >= most || under() >= room)
  const isDue = (now: number): boolean => {
    if (pings.length >= maxPings) return false
    if (flow.sent - pinged.bytes >= most / 4 || isStuck()) return true
    return fresh > pinged.fresh && pinged.at + freshMs <= now
  }

  const flow: Flow = {
    sent: 0,
    mark: most / 4,
    takes: (bytes) => flow.sent - handled.bytes + bytes <= most,
    room(now) {
      if (!isMeasured) return Number.POSITIVE_INFINITY
      const [oldest] = pings
      if (oldest && oldest.fresh > handled.fresh && oldest.at + aim() < now) return 0
      return Math.max(0, room - under())
    },
    wrote(bytes, messages, now) {
      flow.sent += bytes
      fresh += messages
      if (!isMeasured) return
      const isFull = messages > 0 && fresh - pinged.fresh >= room / 2
      if (isDue(now) || (isFull && pings.length < maxPings)) send(now, isFull)
      setMark()
    },
    carries(bytes, now) {
      flow.sent += bytes
      if (!isMeasured || !isDue(now)) return false
      note(now, false)
      return true
    },
    ping: (now) => send(now, false),
    pingedAt: () => (pings.length === 0 ? pinged.at : undefined),
    pong(now) {
      const ping = pings.shift()
      if (!ping) return false
      const lag = Math.max(0, now - ping.at)
      const isSlow = lag > aim()
      quickest = Math.min(quickest, lag)
      if (ping.fresh > handled.fresh) {
        if (isSlow) room = Math.max(1, Math.floor(room * Math.max(0.25, aim() / lag)))
        else if (ping.isFull && lag <= aim() / 2) room = Math.min(mostRoom, 2 * room)
      }
      handled = { bytes: ping.bytes, fresh: ping.fresh, at: now }
      setMark()
      if (isMeasured && isStuck()) send(now, false)
      return true
    },
    unheard(now) {
      handled.at = now
    },
    overdue(now, timeoutMs) {
      const [oldest] = pings
      if (!oldest) return undefined
      const ahead = isMeasured ? Math.max(0, oldest.bytes - handled.bytes) : 0
      const since = Math.max(oldest.at, handled.at)
      if (since + timeoutMs + (ahead / slowest) * 1000 > now) return undefined
      return flow.sent - handled.bytes >= most / 4 ? 'slow' : 'no_pong'
    },
  }
  return flow
}
