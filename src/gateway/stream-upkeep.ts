import { closeClient } from './client.ts'
import { isLost, lagOf, losePull } from './delivery/pull.ts'
import { pump } from './delivery/pump.ts'
import { tellStanding } from './delivery/pump-conflated.ts'
import { adapt } from './delivery/pump-every.ts'
import type { GatewaySettings } from './settings.ts'
import type { Stream } from './stream.ts'

/** How long (ms) shared snapshot pages are kept after they were made. */
const pagesKeptMs = 5000
/** How long a subscription may wait for this worker to reach its position while Kafka is reachable. */
const catchUpMs = 60_000

/** What has to happen as time passes: expiry, positions without messages, transfers that stand still. */
export function tickStream(stream: Stream, settings: GatewaySettings, now: number): void {
  stream.window.evict(now)
  for (const { channel, key } of stream.snapshot.expire(now)) stream.expire(channel, key, now)
  tellPositions(stream, settings, now)
  watchPulls(stream, settings, now)
  watchLag(stream, settings, now)
  for (const channel of stream.channels.values())
    if (channel.pages && channel.pages.madeAt + pagesKeptMs <= now) channel.pages = undefined
}

function tellPositions(stream: Stream, { position }: GatewaySettings, now: number): void {
  const { tracker } = stream
  // A position of an idle topic must not grow too old to be used.
  if (tracker.epoch().issuedAt + position.maxAgeMs / 2 <= now) tracker.renew(now)
  for (const channel of stream.channels.values()) {
    if (channel.live.size === 0) continue
    const isDue = channel.toldMoves !== tracker.moves() && channel.toldAt + position.intervalMs <= now
    const isOld = channel.epoch !== undefined && channel.epoch.issuedAt + position.maxAgeMs / 2 <= now
    if (!isDue && !isOld) continue
    const { epoch, cursor } = tracker.position(now)
    stream.append(stream.note(channel, epoch, cursor))
    channel.epoch = epoch
    channel.toldMoves = tracker.moves()
    channel.toldAt = now
  }
}

/** Of those that go at their own speed: who is too far behind, and where the others stand. */
function watchLag(stream: Stream, { position }: GatewaySettings, now: number): void {
  for (const subscription of stream.subscriptions) {
    const { client, pull, rules } = subscription
    if (!pull) continue
    pump(subscription, now)
    if (subscription.pull !== pull || client.closed) continue
    if (isLost(subscription, pull)) {
      losePull(subscription)
      continue
    }
    if (!pull.conflation) adapt(subscription, pull, now)
    const lag = lagOf(subscription, pull, now)
    if (lag !== undefined && lag > (pull.lagAtStart ?? lag) + rules['lag.max.ms']) closeClient(client, 'lag')
    else tellStanding(subscription, pull, position, now)
  }
}

function watchPulls(stream: Stream, { limits }: GatewaySettings, now: number): void {
  const isReachable = stream.staleSince() === undefined
  for (const subscription of stream.pulls) {
    const { client, pull } = subscription
    if (!pull) continue
    const waits = client.outlet.buffered() >= client.bufferBytes / 4
    if (waits && pull.progressAt + limits.pingTimeoutMs <= now) closeClient(client, 'slow')
    // What is read back for it, or waits its turn, takes the time that it takes.
    else if (!waits && pull.base && !pull.source && isReachable && pull.startedAt + catchUpMs <= now)
      closeClient(client, 'behind')
  }
}
