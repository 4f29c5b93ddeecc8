import type { Clock, Logger, Progress, Publication, SinkAttachment, SinkFeed } from '#api'
import { backoffDelay } from '../util/backoff.ts'
import { type ChannelState, costOf, createChannelState, createItem, type Item, isIdle } from './channel-state.ts'
import { channelProblem, isPattern, type Pattern } from './channels.ts'
import type { Subscription } from './client.ts'
import type { FanOut } from './delivery/fan-out.ts'
import { createReadBacks, type ReadBackShare, type ReadBacks } from './past/read-backs.ts'
import { createReadSource, type ReadSourceOptions } from './past/read-source.ts'
import { eachPart } from './past/record-parts.ts'
import { createEpochs, type Epoch, type Epochs } from './positions/epoch.ts'
import type { Keyring } from './positions/keyring.ts'
import { createTracker, type Tracker } from './positions/tracker.ts'
import { createUnreadPast, type UnreadPast } from './positions/unread-past.ts'
import { createSnapshot, type Snapshot } from './selection/snapshot.ts'
import { createViews } from './selection/views.ts'
import type { GatewaySettings } from './settings.ts'
import { createWindow, type Window } from './window.ts'

/** What an attached sink publishes, with all that its subscribers need of the past. */
export interface Stream {
  readonly connector: string
  readonly attachment: SinkAttachment
  readonly patterns: readonly Pattern[]
  readonly channels: ReadonlyMap<string, ChannelState>
  readonly tracker: Tracker
  readonly epochs: Epochs
  readonly window: Window
  readonly log: Logger
  readonly snapshot: Snapshot
  readonly unreadPast: UnreadPast
  readonly subscriptions: Set<Subscription>
  /** Those that catch up, or get a snapshot, at their own speed. */
  readonly pulls: Set<Subscription>
  readonly sequence: Sequence
  readonly feed: StreamFeed
  /** The id of the Kafka cluster, once it is known. */
  cluster(): string | undefined
  /** What Kafka held at the start is here, and positions can be made. */
  isReady(): boolean
  /** When (ms) a log went back last: positions that were issued until then name offsets of another log. */
  resetAt(): number | undefined
  /** Since when (ms) Kafka is unreachable. */
  staleSince(): number | undefined
  /** Of a channel or a pattern; created when there is none. */
  channel(name: string): ChannelState
  /** How many patterns have subscribers. */
  patternCount(): number
  /** Forgets the channel when nothing is left of it. */
  release(channel: ChannelState): void
  note(channel: ChannelState, epoch: Epoch, cursor: string): Item
  /** Those that catch up may go on, or the one that is named: in another turn, or from `at` (ms) on. */
  wake(subscription?: Subscription, at?: number): void
  /** Puts an item of no record's in line. */
  append(item: Item): void
  /** What a subscription needs next has left the window: it gets it from Kafka, when that can be. */
  readBack(subscription: Subscription, as?: Pick<ReadSourceOptions, 'isResume' | 'isWhole' | 'asOf'>): boolean
  /** Undefined: the sink cannot read its topics back. */
  readonly readBacks: ReadBacks | undefined
  /** A record was removed from a snapshot because it was not updated. */
  expire(channel: ChannelState, key: string, now: number): void
}

/** A feed that may begin in the middle: where another gate of the same sink has come to. */
export interface StreamFeed extends SinkFeed {
  /**
   * Between `open` and the first `publish`: of each key the last message before where reading begins. `vanishedAt` (ms): what ended later
   * is among them still, so that its end is told.
   */
  remember(publications: readonly Publication[], vanishedAt: number): void
}

/** Numbers everything that clients may get, over all streams. */
export interface Sequence {
  last: number
}

export interface StreamEvents {
  ready(stream: Stream): void
  /** Records were passed over: what subscribers have is no longer whole. */
  gap(stream: Stream): void
  upstream(stream: Stream): void
  detached(stream: Stream): void
}

export interface StreamOptions {
  readonly attachment: SinkAttachment
  readonly patterns: readonly Pattern[]
  readonly settings: GatewaySettings
  readonly keyring: Keyring
  readonly sequence: Sequence
  readonly fanOut: FanOut
  readonly events: StreamEvents
  readonly reading: ReadBackShare
  readonly clock: Clock
  readonly log: Logger
}

export function createStream(options: StreamOptions): Stream {
  const { attachment, patterns, settings, sequence, fanOut, events, clock } = options
  const log = options.log.child({ connector: attachment.connector })
  const { connector, rule, identity } = attachment
  const life = new AbortController()
  const channels = new Map<string, ChannelState>()
  const subscriptions = new Set<Subscription>()
  const pulls = new Set<Subscription>()
  // With several templates a part of a record may reach several channels: their order becomes part of its path.
  const isManifold = attachment.templates.length > 1
  let cluster: string | undefined
  let isWarm = false
  let staleSince: number | undefined
  let resetAt: number | undefined
  let dropped = false

  const identify = (): { connector: string; rule: string; cluster: string } => ({
    connector,
    rule,
    cluster: cluster ?? '',
  })
  const release = (channel: ChannelState): void => {
    if (!isIdle(channel) || channels.get(channel.name) !== channel) return
    channels.delete(channel.name)
    views.release(channel)
  }
  const epochs = createEpochs(identify, options.keyring)
  const tracker = createTracker(epochs, settings.position.epochMs, clock.now())
  const window = createWindow(attachment.window, release)
  const snapshot = createSnapshot(attachment.snapshot)
  const unreadPast = createUnreadPast(attachment.snapshot.expireMs)
  const views = createViews(channels, window)

  const channelFor = (name: string): ChannelState => {
    const known = channels.get(name)
    if (known) return known
    const isView = isPattern(name)
    const channel = isView ? views.create(name, window.items()) : createChannelState(name, window.account)
    channels.set(name, channel)
    if (!isView) views.adopt(channel)
    return channel
  }
  const dropOnce = (name: string): void => {
    if (!dropped) log.error({ channel: name }, 'message dropped because its channel cannot be subscribed to')
    dropped = true
  }

  const append = (item: Item): void => {
    const { channel } = item
    if (item.kind !== 'position') {
      if (channel.deltas > 0) channel.text = item.data
      channel.lastSeq = item.seq
      window.add(item)
    }
    bring(channel, item)
    if (item.kind !== 'position') for (const view of channel.views) bring(view, item)
  }
  const bring = (channel: ChannelState, item: Item): void => {
    if (channel.live.size > 0) channel.pending.push(item)
    else if (channel.followers.size === 0) return
    fanOut.mark(channel)
  }
  const note = (channel: ChannelState, epoch: Epoch, cursor: string): Item =>
    createItem({
      kind: 'position',
      channel,
      seq: ++sequence.last,
      epoch,
      cursor,
      key: undefined,
      data: undefined,
      at: 0,
    })

  // The item before, for the position that introduces a new epoch.
  let formerEpoch: Epoch | undefined
  let formerCursor = '.'
  const introduce = (channel: ChannelState, epoch: Epoch): void => {
    if (channel.live.size === 0 || channel.epoch === epoch) return
    append(note(channel, epoch, formerEpoch === epoch ? formerCursor : '.'))
    channel.epoch = epoch
  }
  const put = (publication: Publication, path: readonly number[], now: number): void => {
    const { channel: name, key, data } = publication
    const known = channels.get(name)
    if (!known && channelProblem(name, settings.limits.channelLength) !== undefined) return dropOnce(name)
    const channel = known ?? channelFor(name)
    const { index, offset } = tracker
    const epoch = tracker.epoch()
    const cursor = tracker.cursor(path)
    if (key !== undefined)
      snapshot.put(
        channel,
        key,
        data,
        isWarm ? now : Math.min(now, publication.origin.timestamp),
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
    append(item)
    for (const told of [channel, ...channel.views]) {
      told.toldAt = now
      told.toldMoves = -1
    }
    formerEpoch = epoch
    formerCursor = cursor
  }

  /** The logs of these partitions are others than before: what was made of the former ones is of no use. */
  const reset = (back: ReadonlySet<number>, now: number): void => {
    resetAt = now
    epochs.clear()
    tracker.renew(now)
    window.reset()
    for (const [index, offset] of tracker.vector().next.entries()) window.setFloor(index, offset)
    snapshot.forget(back)
    for (const channel of channels.values()) {
      channel.pages = undefined
      release(channel)
    }
  }

  const publish = (publications: readonly Publication[], progress: readonly Progress[]): void => {
    if (life.signal.aborted) return
    const now = clock.now()
    const onRecord = ({ origin }: Publication): void => unreadPast.read(tracker.index, origin.timestamp)
    eachPart(publications, { tracker, isManifold, now, onRecord }, (publication, path) => put(publication, path, now))
    tracker.advance(progress)
    for (const at of progress) unreadPast.read(tracker.indexOf(at) ?? -1, at.timestamp)
    fanOut.wake(stream)
  }

  const feed: StreamFeed = {
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
      if (isWarm || life.signal.aborted) return
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
        const channel = channelFor(name)
        snapshot.put(channel, key, data, Math.min(now, origin.timestamp), index, sequence.last)
        release(channel)
      }
    },
    publish,
    ready() {
      if (isWarm || life.signal.aborted) return
      isWarm = true
      snapshot.sortByAge()
      const now = clock.now()
      unreadPast.end(now)
      // Who continues from before this worker's time was not told.
      for (const { channel, key } of snapshot.expire(now)) stream.expire(channel, key, now)
      if (cluster !== undefined) events.ready(stream)
    },
    upstream({ reachable, since }) {
      if (life.signal.aborted) return
      staleSince = reachable ? undefined : since
      events.upstream(stream)
    },
    detach() {
      if (life.signal.aborted) return
      life.abort()
      events.detached(stream)
    },
  }

  const learnCluster = async (): Promise<void> => {
    for (let attempt = 0; !life.signal.aborted; attempt++) {
      try {
        cluster = await identity.clusterId()
        if (isWarm && !life.signal.aborted) events.ready(stream)
        return
      } catch (error) {
        log.warn({ err: error }, 'cluster id unknown, asking again')
        await clock.sleep(backoffDelay(attempt, { initialMs: 500, maxMs: 10_000, jitter: 0.5 }), life.signal)
      }
    }
  }

  const stream: Stream = {
    log,
    connector,
    attachment,
    patterns,
    channels,
    tracker,
    epochs,
    window,
    snapshot,
    unreadPast,
    subscriptions,
    pulls,
    sequence,
    feed,
    cluster: () => cluster,
    isReady: () => isWarm && cluster !== undefined,
    resetAt: () => resetAt,
    staleSince: () => staleSince,
    channel: channelFor,
    patternCount: () => views.size(),
    release,
    note,
    wake: (subscription, at) => fanOut.wake(stream, subscription, at),
    append,
    readBack(subscription, as) {
      const { pull } = subscription
      if (!readBacks || !pull) return false
      const { stands, startedAt } = pull
      const asOf = 'epoch' in stands ? stands.epoch.asOf : startedAt
      const how = as ?? { isResume: false, isWhole: true, asOf }
      pull.source = createReadSource({ ...how, subscription, readBacks, clock, log })
      stream.wake(subscription)
      return true
    },
    get readBacks() {
      return readBacks
    },
    expire(channel, key, now) {
      const { epoch, cursor } = tracker.position(now)
      append(
        createItem({ kind: 'expiry', channel, seq: ++sequence.last, epoch, cursor, key, data: undefined, at: now }),
      )
    },
  }
  const readBacks =
    attachment.past &&
    createReadBacks({
      ...options.reading,
      stream,
      past: attachment.past,
      readers: settings.resume.readers,
      epochMs: settings.position.epochMs,
      isManifold,
      clock,
      log,
    })
  void learnCluster()
  return stream
}
