import type { Clock, Logger } from '#api'
import { channelProblem } from '../channels.ts'
import type { Client } from '../client.ts'
import { type Refusal, refuse, resumeReasons } from '../codes.ts'
import type { SubscribeRequest } from '../hub.ts'
import type { Expensive } from '../limits/expensive.ts'
import type { Checked, PositionCheck } from '../positions/resume.ts'
import { type PastStart, startAt } from '../positions/start-at.ts'
import type { GatewaySettings } from '../settings.ts'
import type { Stream } from '../stream.ts'
import type { Auth, Identity } from '../who/auth.ts'
import { collectHistory } from './history.ts'
import type { History } from './history-page.ts'
import { pastTimes, readPastTime } from './past-time.ts'
import { isPattern } from './read-buffer.ts'

export interface HistoryRequest {
  readonly identity: Identity
  readonly channel: string
  /** A position or a time. */
  readonly from: string
  readonly limit: number
}

export interface HubPastOptions {
  readonly settings: GatewaySettings
  readonly auth: Auth
  readonly clock: Clock
  readonly log: Logger
  /** The budget of snapshots and histories. */
  readonly expensive: Expensive
  streamFor(channel: string): Stream | undefined
  checkFor(stream: Stream): PositionCheck | undefined
}

export type BeginRequest = Pick<SubscribeRequest, 'identity' | 'channels' | 'position' | 'from' | 'asked'>

export interface Begun {
  /** Undefined: nothing of the past was asked for. */
  readonly checked: Checked | undefined
  readonly position: string | undefined
}

/** What clients ask of the past in words. */
export interface HubPast {
  /** Where a subscription begins that names a position or a time. */
  begin(stream: Stream, request: BeginRequest): Promise<Begun | Refusal>
  history(client: Client, request: HistoryRequest): Promise<History | Refusal>
}

/** How long (ms) a history may take. */
const historyMs = 15_000
const historyBytes = 524_288
/** What the socket's framing may add. */
const headBytes = 16

const forbidden = (): Refusal => refuse('forbidden', 'The client may not read what was published before.')
const silent = (): Refusal =>
  refuse('unavailable', 'What was published before cannot be read now: Kafka does not answer.', { retryAfter: 2000 })

export function createHubPast({ settings, auth, clock, log, expensive, ...streams }: HubPastOptions): HubPast {
  const malformed = (): Refusal => refuse('bad_request', `"from" is ${pastTimes}.`, { field: 'from' })

  const startOf = async (stream: Stream, time: 'earliest' | number): Promise<PastStart | Refusal> => {
    if (!stream.readBacks) return refuse('no_history', 'What serves this channel cannot be read back.')
    try {
      return await startAt(stream, stream.readBacks, time, clock)
    } catch (error) {
      log.warn({ connector: stream.connector, err: error }, 'the start of a history is not known')
      return silent()
    }
  }

  const resume = async (stream: Stream, position: string, channels: readonly string[]): Promise<Begun | Refusal> => {
    try {
      return { checked: await streams.checkFor(stream)?.check(position, channels), position }
    } catch (error) {
      log.warn({ connector: stream.connector, err: error }, 'position not checked')
      return refuse('unavailable', 'The position cannot be checked now: Kafka does not answer.', { retryAfter: 2000 })
    }
  }

  const startFrom = async (
    stream: Stream,
    channel: string,
    from: string,
  ): Promise<Extract<Checked, { ok: true }> | Refusal> => {
    const time = readPastTime(from, clock.now())
    if (time !== undefined) {
      const found = await startOf(stream, time)
      return 'code' in found ? found : found.checked
    }
    if (!from.includes('.')) return malformed()
    let checked: Checked | undefined
    try {
      checked = await streams.checkFor(stream)?.check(from, [channel])
    } catch {
      return silent()
    }
    if (!checked) return refuse('unavailable', 'Nothing serves this channel now.', { retryAfter: 2000 })
    const reason = checked.ok ? (checked.past ?? 'readable') : checked.reason
    return checked.ok && reason === 'readable'
      ? checked
      : refuse('no_history', `${reason}: ${reason === 'readable' ? '' : resumeReasons[reason]}`, { field: 'from' })
  }

  return {
    async begin(stream, { identity, channels, position, from, asked }) {
      if (from === undefined && position === undefined) return { checked: undefined, position }
      if (from === undefined) return resume(stream, position ?? '', channels)
      const mixed = position !== undefined ? 'position' : asked.snapshot ? 'snapshot' : undefined
      if (mixed) return refuse('bad_request', `"from" does not go with "${mixed}".`, { field: 'from' })
      if (!channels.every((channel) => auth.allows(identity, 'history', channel))) return forbidden()
      const time = readPastTime(from, clock.now())
      if (time === undefined) return malformed()
      return expensive.refusal(clock.now()) ?? startOf(stream, time)
    },
    async history(client, { identity, channel, from, limit }) {
      const problem = isPattern(channel)
        ? 'A history is of one channel, not of a pattern.'
        : channelProblem(channel, settings.limits.channelLength)
      if (problem !== undefined) return refuse('bad_channel', problem, { field: 'channel' })
      if (!auth.allows(identity, 'history', channel)) return forbidden()
      const stream = streams.streamFor(channel)
      if (!stream?.isReady()) return refuse('unavailable', 'Nothing serves this channel now.', { retryAfter: 2000 })
      const start = await startFrom(stream, channel, from)
      if ('code' in start) return start
      const late = new AbortController()
      const timer = new AbortController()
      // Who has gone needs no answer.
      const watch = async (): Promise<void> => {
        for (const end = clock.now() + historyMs; !timer.signal.aborted && clock.now() < end && !client.closed; )
          await clock.sleep(250, timer.signal)
        late.abort()
      }
      void watch()
      try {
        const found = await collectHistory({
          stream,
          readBacks: stream.readBacks,
          channel,
          start,
          limit: Math.min(limit, settings.resume.historyItems),
          maxBytes: Math.min(historyBytes, settings.limits.sendBufferBytes / 4),
          // Else what was asked for would be what closes the connection.
          frameBytes: Math.min(client.messageBytes, client.bufferBytes - headBytes),
          signal: late.signal,
        })
        if ('items' in found) {
          const bytes = found.items.reduce((sum, item) => sum + item.length, 0)
          expensive.spend(bytes, clock.now())
        }
        return found
      } finally {
        timer.abort()
      }
    },
  }
}
