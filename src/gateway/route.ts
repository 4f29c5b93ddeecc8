import { channelProblem, isPattern, matches, overlap, parsePattern, patternProblem } from './channels.ts'
import type { Client } from './client.ts'
import { type Refusal, refuse } from './codes.ts'
import type { SubscribeRequest } from './hub.ts'
import type { LimitSettings } from './settings.ts'
import type { Stream } from './stream.ts'
import type { Auth } from './who/auth.ts'

export interface RouteOptions {
  readonly auth: Auth
  readonly limits: LimitSettings
  readonly streams: Iterable<Stream>
}

/** Patterns of one stream that may have subscribers at once. */
const maxPatterns = 10_000

/** The stream that a client's channels and patterns come from, or why it does not get them. */
export function routeTo(
  client: Client,
  { channels, identity }: Pick<SubscribeRequest, 'channels' | 'identity'>,
  { auth, limits, streams }: RouteOptions,
): Stream | Refusal {
  for (const channel of channels) {
    const problem = (isPattern(channel) ? patternProblem : channelProblem)(channel, limits.channelLength)
    if (problem !== undefined) return refuse('bad_channel', problem, { field: 'channel' })
    if (!auth.allows(identity, 'subscribe', channel))
      return refuse('forbidden', 'The client may not subscribe to this channel.')
  }
  const taken = [...client.subscriptions.values()].flatMap((subscription) => subscription.channels)
  if (meetsItself(channels) || taken.some((state) => channels.some((channel) => meets(state.name, channel))))
    return refuse('overlap', 'The connection is subscribed to this channel already.')
  if (taken.length + channels.length > limits.subscriptionsPerSession)
    return refuse('subscription_limit', `A connection may have ${limits.subscriptionsPerSession} subscriptions.`)
  const all = [...streams]
  const found = channels.map((channel) => streamsOf(channel, all))
  const stream = found[0]?.[0]
  if (!stream || found.some(({ length }) => length === 0))
    return refuse('unavailable', 'Nothing serves this channel now.', { retryAfter: 2000 })
  if (found.some((each) => each.some((other) => other !== stream)))
    return refuse(
      'several_connectors',
      `The channels ${channels.join(', ')} come from several connectors: open one subscription, or stream, for each.`,
    )
  if (!stream.isReady()) return refuse('unavailable', 'What serves this channel is warming up.', { retryAfter: 1000 })
  if (stream.patternCount() >= maxPatterns && channels.some((name) => isPattern(name) && !stream.channels.has(name)))
    return refuse('busy', `The gate serves ${maxPatterns} patterns of these channels already.`, { retryAfter: 5000 })
  return stream
}

function streamsOf(channel: string, streams: readonly Stream[]): Stream[] {
  const asked = isPattern(channel) ? parsePattern(channel) : undefined
  return streams.filter(({ patterns }) =>
    patterns.some((pattern) => (asked ? overlap(pattern, asked) : matches(pattern, channel))),
  )
}

/** Whether a message may belong to both. */
function meets(a: string, b: string): boolean {
  if (isPattern(a)) return isPattern(b) ? overlap(parsePattern(a), parsePattern(b)) : matches(parsePattern(a), b)
  return isPattern(b) ? matches(parsePattern(b), a) : a === b
}

function meetsItself(channels: readonly string[]): boolean {
  if (!channels.some(isPattern)) return new Set(channels).size < channels.length
  return channels.some((channel, place) => channels.slice(place + 1).some((other) => meets(channel, other)))
}
