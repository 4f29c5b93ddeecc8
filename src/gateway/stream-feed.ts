import type { Clock, Logger, Progress, Publication } from '#api'
import { type ChannelState, costOf, type Item } from './channel-state.ts'
import { channelProblem } from './channels.ts'
import { eachPart } from './past/record-parts.ts'
import type { Epoch } from './positions/epoch.ts'
import type { GatewaySettings } from './settings.ts'
import type { Stream, StreamEvents, StreamFeed } from './stream.ts'

/** What becomes of a stream as its sink goes on. */
export interface Standing {
  /** The id of the Kafka cluster, once it is known. */
  cluster: string | undefined
  /** What Kafka held at the start is here. */
  isWarm: boolean
  /** Since when (ms) Kafka is unreachable. */
  staleSince: number | undefined
  /** When (ms) a log went back last. */
  resetAt: number | undefined
}

export interface StreamFeedOptions {
  readonly stream: Stream
  readonly standing: Standing
  /** There are several templates: a part of a record may reach several channels. */
  readonly isManifold: boolean
  readonly settings: GatewaySettings
  readonly events: StreamEvents
  /** Aborted when the sink detaches. */
  readonly life: AbortController
  readonly clock: Clock
  readonly log: Logger
}

/** Takes in what a sink publishes: makes items of it, with their positions, and keeps what the stream holds up to date. */
export function createStreamFeed(options: StreamFeedOptions): StreamFeed {
  const { stream, standing, isManifold, settings, events, life, clock, log } = options
  const { channels, tracker, epochs, window, snapshot, unreadPast, sequence } = stream
  let isDropped = false

  const dropOnce = (name: string): void => {
    if (!isDropped) log.error({ channel: name }, 'message isDropped because its channel cannot be subscribed to')
    isDropped = true
  }

  // The item before, for the position that introduces a new epoch.
  let formerEpoch: Epoch | undefined
  let formerCursor = '.'
  const introduce = (channel: ChannelState, epoch: Epoch): void => {
    if (channel.live.size === 0 || channel.epoch === epoch) return
    stream.append(stream.note(channel, epoch, formerEpoch === epoch ? formerCursor : '.'))
    channel.epoch = epoch
  }
  const put = (publication: Publication, path: readonly number[], now: number): void => {
    const { channel: name, key, data } = publication
    const known = channels.get(name)
    if (!known && channelProblem(name, settings.limits.channelLength) !== undefined) return dropOnce(name)
    const channel = known ?? stream.channel(name)
    const { index, offset } = tracker
    const epoch = tracker.epoch()
    const cursor = tracker.cursor(path)
    if (key !== undefined)
      snapshot.put(
        channel,
        key,
        data,
        standing.isWarm ? now : Math.min(now, publication.origin.timestamp),
        index,
        sequence.last + 1,
      )
    introduce(channel, epoch)
    for (const view of channel.views) introduce(view, epoch)
    const item: Item = {
      kind: 'message',
      channel,
      seq: ++sequence.last,
      epoch,
      cursor,
      key,
      data,
      partition: index,
      offset,
      path,
      at: now,
      bytes: costOf(channel, cursor, key, data),
      isHeld: false,
      frames: [],
      base: channel.text,
      delta: undefined,
    }
    stream.append(item)
    for (const told of [channel, ...channel.views]) {
      told.toldAt = now
      told.toldMoves = -1
    }
    formerEpoch = epoch
    formerCursor = cursor
  }

  /** The logs of these partitions are others than before: what was made of the former ones is of no use. */
  const reset = (back: ReadonlySet<number>, now: number): void => {
    standing.resetAt = now
    epochs.clear()
    tracker.renew(now)
    window.reset()
    for (const [index, offset] of tracker.vector().next.entries()) window.setFloor(index, offset)
    snapshot.forget(back)
    for (const channel of channels.values()) {
      channel.pages = undefined
      stream.release(channel)
    }
  }

  const publish = (publications: readonly Publication[], progress: readonly Progress[]): void => {
    if (life.signal.aborted) return
    const now = clock.now()
    const onRecord = ({ origin }: Publication): void => unreadPast.read(tracker.index, origin.timestamp)
    eachPart(publications, { tracker, isManifold, now, onRecord }, (publication, path) => put(publication, path, now))
    tracker.advance(progress)
    for (const at of progress) unreadPast.read(tracker.indexOf(at) ?? -1, at.timestamp)
    stream.wake()
  }

  return {
    open(partitions) {
      if (life.signal.aborted) return
      const opened = tracker.open(partitions)
      const jumped = opened.filter(({ jump }) => jump !== undefined)
      const back = new Set(jumped.filter(({ jump }) => jump === 'back').map(({ index }) => index))
      if (back.size > 0) reset(back, clock.now())
      else if (jumped.length > 0) window.clear()
      for (const { index, offset, timestampBefore, jump } of opened) {
        if (!window.knows(index)) unreadPast.begins(index, offset, timestampBefore)
        if (jump !== undefined || !window.knows(index)) window.setFloor(index, offset)
      }
      if (jumped.length > 0) events.gap(stream)
    },
    // The partitions keep their places: positions name them, and they may be opened again.
    close() {},
    remember(publications, vanishedAt) {
      if (standing.isWarm || life.signal.aborted) return
      unreadPast.told(vanishedAt)
      const now = clock.now()
      for (const { channel: name, key, data, origin } of publications) {
        const index = tracker.indexOf(origin)
        if (
          index === undefined ||
          key === undefined ||
          channelProblem(name, settings.limits.channelLength) !== undefined
        )
          continue
        const channel = stream.channel(name)
        snapshot.put(channel, key, data, Math.min(now, origin.timestamp), index, sequence.last)
        stream.release(channel)
      }
    },
    publish,
    ready() {
      if (standing.isWarm || life.signal.aborted) return
      standing.isWarm = true
      snapshot.sortByAge()
      const now = clock.now()
      unreadPast.end(now)
      // Who continues from before this worker's time was not told.
      for (const { channel, key } of snapshot.expire(now)) stream.expire(channel, key, now)
      if (standing.cluster !== undefined) events.ready(stream)
    },
    upstream({ reachable, since }) {
      if (life.signal.aborted) return
      standing.staleSince = reachable ? undefined : since
      events.upstream(stream)
    },
    detach() {
      if (life.signal.aborted) return
      life.abort()
      events.detached(stream)
    },
  }
}
