import type { ChannelState } from './channel-state.ts'
import { isPattern } from './channels.ts'
import type { Client, LagRules, Subscription } from './client.ts'
import { type Refusal, type ResumeReason, refuse } from './codes.ts'
import { addLive, behindSeq, type Pull, startPull, stays } from './delivery/pull.ts'
import type { Moment } from './delivery/pull-source.ts'
import { pump } from './delivery/pump.ts'
import { fifoFind, fifoFirst } from './fifo.ts'
import { keepText } from './forms/delta.ts'
import type { Expensive } from './limits/expensive.ts'
import type { ReadBacks } from './past/read-backs.ts'
import type { Epoch } from './positions/epoch.ts'
import { isHere } from './positions/is-here.ts'
import type { Checked } from './positions/resume.ts'
import { dominates, isBehind, noPaths } from './positions/vector.ts'
import type { Judge } from './selection/judge.ts'
import { createSelection } from './selection/selection.ts'
import {
  makePages,
  type SnapshotPages,
  type Transfer,
  transferSelected,
  transferShared,
} from './selection/snapshot-pages.ts'
import { viewCost } from './selection/views.ts'
import type { Stream } from './stream.ts'
import type { Terms } from './terms.ts'

/** What a subscriber is told before anything else. */
export interface Joined {
  readonly subscription: Subscription
  /** Whole: `epoch.cursor`. With a snapshot it is worth something only after the snapshot's last page. */
  readonly position: string
  /** null: there was no position to continue after. */
  readonly recovered: boolean | null
  readonly reason: ResumeReason | undefined
  readonly hasSnapshot: boolean
  /** What follows until `live` may have come before: the client had not acknowledged it. */
  readonly again: boolean
}

export interface JoinOptions {
  readonly id: number
  readonly client: Client
  readonly stream: Stream
  readonly channels: readonly string[]
  readonly terms: Terms
  readonly rules: LagRules
  /** Of its filter and its box. */
  readonly judges: readonly Judge[]
  /** The position that the client came with, checked. */
  readonly checked: Checked | undefined
  /** The text of it. */
  readonly given: string | undefined
  readonly now: number
  /** The budget of snapshots and new patterns. */
  readonly expensive: Expensive
  /** Called once, before the first bytes of the subscription. */
  readonly onJoined: (joined: Joined) => void
}

/** The longest (ms) that a client is told that messages may be repeated although it has what this worker has. */
const repeatsMs = 10_000
/** How long (ms) a snapshot of one channel is shared although the channel went on; the window makes up for it. */
const pagesSharedMs = 1000

/** Answers the number of messages sent at once. Adds a subscription in one step, so that nothing is published meanwhile: the past, then live, no gap and no overlap. */
export function joinStream(options: JoinOptions): Refusal | number {
  const { stream, client, checked, now, terms } = options
  // Before anything is decided: what left the window of a pattern is known by its own state.
  const isNew = (name: string): boolean => isPattern(name) && !stream.channels.has(name)
  const made = new Set(options.channels.filter(isNew))
  const tooDear = made.size > 0 ? options.expensive.refusal(now) : undefined
  if (tooDear) return tooDear
  const channels = options.channels.map((name) => stream.channel(name))
  for (const channel of channels)
    if (made.has(channel.name)) options.expensive.spend(viewCost(channel, stream.channels), now)
  const isCovered = checked?.ok === true && needsNoReading(stream, channels, checked)
  const reason = checked && !isCovered ? reasonAgainst(stream, checked) : undefined
  const isStart = checked?.ok === true && checked.isStart === true
  const recovered = checked === undefined || isStart ? null : reason === undefined
  const hasSnapshot = terms.snapshot && recovered !== true
  if (hasSnapshot) {
    // What its patterns took is paid for by now, and would be in vain.
    const refusal = (made.size > 0 ? undefined : options.expensive.refusal(now)) ?? refuseSnapshot(stream, now)
    if (refusal) {
      for (const channel of channels) stream.release(channel)
      return refusal
    }
  }
  const { id } = options
  const subscription: Subscription = {
    id,
    client,
    stream,
    channels,
    terms,
    rules: options.rules,
    selection:
      options.judges.length === 0
        ? undefined
        : createSelection(options.judges, {
            channels,
            isFresh: checked === undefined || hasSnapshot,
            questions: client.questions,
          }),
    outlet: client.outlet,
    form: client.form,
    formIndex: client.form.index,
    flow: client.flow,
    bufferBytes: client.bufferBytes,
    messageBytes: client.messageBytes,
    fromSeq: stream.sequence.last,
    pull: undefined,
    text: undefined,
  }
  client.subscriptions.set(id, subscription)
  stream.subscriptions.add(subscription)
  for (const channel of channels) {
    channel.subscriptions.add(subscription)
    if (terms.delta) keepText(channel)
  }
  const joined = (position: string, again = false): void =>
    options.onJoined({ subscription, position, recovered, reason, hasSnapshot, again })

  const here = stream.tracker.position(now)
  if (hasSnapshot) {
    const transfers = transfersOf(subscription, here, now)
    for (const { shared } of transfers) options.expensive.spend(shared?.bytes ?? stream.snapshot.bytes(), now)
    // Several channels have pages of this very moment; one may have older ones.
    const moment = transfers[0]?.shared ?? { ...here, seq: stream.sequence.last }
    const { epoch, cursor } = moment
    const told = epoch.text() + cursor
    startPull(subscription, { after: moment.seq, stands: { epoch, cursor }, epoch, told, pages: transfers }, now)
    joined(moment.epoch.text() + moment.cursor)
  } else if (checked?.ok && reason === undefined) {
    const { base, epoch, asOf } = checked
    const after = behindSeq(channels, base)
    const again = terms.window !== undefined && !isStart
    // Where Kafka can be asked, it may hold what the client had from another worker and this one has not read yet.
    const asked = again ? stream.readBacks : undefined
    if (!asked && isCovered && dominates(stream.tracker.vector(), base) && !hasMissed(channels, after, checked)) {
      begin(subscription, here, now, joined)
      return 0
    }
    const pull = startPull(
      subscription,
      { after, stands: base, base, epoch, given: options.given, isHistory: true },
      now,
    )
    if (asked) void announceRepeats(subscription, pull, asked, now)
    if (!isCovered) stream.readBack(subscription, { isResume: true, isWhole: !isStart, asOf })
    joined(options.given ?? '', again)
  } else {
    begin(subscription, here, now, joined)
    return 0
  }
  return pump(subscription, now)
}

/** Says up to where the client may get what it had from another worker: as far as Kafka holds records now. */
async function announceRepeats({ stream }: Subscription, pull: Pull, asked: ReadBacks, now: number): Promise<void> {
  const endsAt = now + repeatsMs
  pull.repeats = { until: undefined, endsAt }
  try {
    const next = stream.tracker.partitions().map(() => 0)
    for (const { high, ...partition } of await asked.bounds()) {
      const index = stream.tracker.indexOf(partition)
      if (index !== undefined) next[index] = Number(high)
    }
    if (pull.repeats) pull.repeats = { until: { next, paths: noPaths }, endsAt }
  } catch (error) {
    stream.log.debug(
      { err: error },
      'Kafka does not say where its topics end, the announcement of repeats ends by time',
    )
  }
}

/** Without anything of the past. */
function begin(subscription: Subscription, here: Moment, now: number, joined: (position: string) => void): void {
  const { epoch, cursor } = here
  const told = epoch.text() + cursor
  joined(told)
  if (!stays(subscription)) addLive(subscription, epoch, now)
  // Told that it joined, the client may have been found to be closed.
  else if (!subscription.client.closed)
    startPull(subscription, { after: subscription.stream.sequence.last, stands: here, epoch, told }, now)
}

/** Why what came after the position cannot be had, neither from memory nor from Kafka. */
function reasonAgainst(stream: Stream, checked: Checked): ResumeReason | undefined {
  if (!checked.ok) return checked.reason
  // What has just left the window was not asked for; the reading itself finds out.
  const past = checked.past ?? (stream.readBacks ? 'readable' : 'window_passed')
  return past === 'readable' ? undefined : past
}

function needsNoReading(
  stream: Stream,
  channels: readonly ChannelState[],
  { base, mustRead }: Extract<Checked, { ok: true }>,
): boolean {
  const names = channels.map(({ name }) => name)
  if (mustRead || !isHere(stream, names, base)) return false
  // An epoch cannot speak of partitions that were found after it; the position may know them from another worker.
  return channels.every(({ log }) => {
    const first = fifoFirst(log)
    return !first || base.next.every((at, index) => at === 0 || index < first.epoch.partitions.length)
  })
}

function hasMissed(
  channels: readonly ChannelState[],
  after: number,
  { base }: Extract<Checked, { ok: true }>,
): boolean {
  return channels.some(({ log }) => {
    for (let place = fifoFind(log, (item) => item.seq > after); place < log.items.length; place++) {
      const item = log.items[place]
      if (item && (item.kind === 'expiry' || !isBehind(base, item.partition, item.offset, item.path))) return true
    }
    return false
  })
}

/** The snapshot as it is for a subscription; a shared one may be a little older unless it has to be of this moment. */
export function transfersOf(
  { stream, channels, selection }: Subscription,
  here: Moment,
  now: number,
  isOfNow = channels.length > 1,
): Transfer[] {
  return channels.map((channel) =>
    selection
      ? transferSelected(channel, selection, stream.sequence.last)
      : transferShared(channel, takePages(stream, channel, isOfNow, here, now)),
  )
}

export function refuseSnapshot(stream: Stream, now: number): Refusal | undefined {
  if (!stream.snapshot.isComplete(now))
    return refuse('snapshot_too_large', 'The snapshot outgrew its bounds: subscribe without it.')
  const bound = 2 * Math.max(stream.attachment.snapshot.maxBytes, 1024 * 1024)
  const most = stream.snapshot.bytes() * stream.pulls.size
  return most > bound && pagesInUse(stream) > bound
    ? refuse('busy', 'Too many snapshots are under way: try again soon.', { retryAfter: 1000 })
    : undefined
}

function takePages(
  stream: Stream,
  channel: ChannelState,
  isOfNow: boolean,
  here: { readonly epoch: Epoch; readonly cursor: string },
  now: number,
): SnapshotPages {
  const kept = channel.pages
  const isSame = kept && channel.lastSeq <= kept.seq
  const isNear =
    kept &&
    !isOfNow &&
    kept.madeAt + pagesSharedMs > now &&
    (channel.evicted?.seq ?? 0) <= kept.seq &&
    // Else a new one costs less than what came since.
    channel.log.items.length - fifoFind(channel.log, (item) => item.seq > kept.seq) <= channel.keys.size + 100
  if (kept && isSame) {
    // Nothing came since: what was true then is true now.
    channel.pages = { ...kept, ...here, seq: stream.sequence.last }
  } else if (!isNear) {
    channel.pages = makePages(channel, { ...here, seq: stream.sequence.last, madeAt: now })
  }
  return channel.pages ?? makePages(channel, { ...here, seq: stream.sequence.last, madeAt: now })
}

/** Bytes of the pages that transfers under way hold, each set counted once. */
function pagesInUse(stream: Stream): number {
  const sets = new Set<readonly string[]>()
  let bytes = 0
  for (const { pull } of stream.pulls) {
    for (const { shared } of pull?.pages ?? []) {
      if (!shared) continue
      if (!sets.has(shared.pages)) bytes += shared.bytes
      sets.add(shared.pages)
    }
  }
  return bytes
}
