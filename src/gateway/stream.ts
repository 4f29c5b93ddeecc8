import type { Clock, Logger, Publication, SinkAttachment, SinkFeed } from '#api'
import { backoffDelay } from '../util/backoff.ts'
import { type ChannelState, createChannelState, createItem, type Item, isIdle } from './channel-state.ts'
import { isPattern, type Pattern } from './channels.ts'
import type { Subscription } from './client.ts'
import type { FanOut } from './delivery/fan-out.ts'
import { createReadBacks, type ReadBackShare, type ReadBacks } from './past/read-backs.ts'
import { createReadSource, type ReadSourceOptions } from './past/read-source.ts'
import { createEpochs, type Epoch, type Epochs } from './positions/epoch.ts'
import type { Keyring } from './positions/keyring.ts'
import { createTracker, type Tracker } from './positions/tracker.ts'
import { createUnreadPast, type UnreadPast } from './positions/unread-past.ts'
import { createSnapshot, type Snapshot } from './selection/snapshot.ts'
import { createViews } from './selection/views.ts'
import type { GatewaySettings } from './settings.ts'
import { createStreamFeed, type Standing } from './stream-feed.ts'
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
  /** The channel and the patterns that it belongs to, as far as there are any. */
  statesOf(channel: string): Iterable<ChannelState>
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
  const standing: Standing = { cluster: undefined, isWarm: false, staleSince: undefined, resetAt: undefined }

  const identify = (): { connector: string; rule: string; cluster: string } => ({
    connector,
    rule,
    cluster: standing.cluster ?? '',
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
    const channel = isView ? views.create(name) : createChannelState(name, window.account)
    channels.set(name, channel)
    if (!isView) views.adopt(channel)
    return channel
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

  const learnCluster = async (): Promise<void> => {
    for (let attempt = 0; !life.signal.aborted; attempt++) {
      try {
        standing.cluster = await identity.clusterId()
        if (standing.isWarm && !life.signal.aborted) events.ready(stream)
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
    get feed() {
      return feed
    },
    cluster: () => standing.cluster,
    isReady: () => standing.isWarm && standing.cluster !== undefined,
    resetAt: () => standing.resetAt,
    staleSince: () => standing.staleSince,
    channel: channelFor,
    patternCount: () => views.size(),
    statesOf: (name) => views.statesOf(name),
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
  const feed = createStreamFeed({ stream, standing, isManifold, settings, events, life, clock, log })
  void learnCluster()
  return stream
}
