import { type ChannelState, createChannelState, type Item } from '../channel-state.ts'
import { matcherOf, matches, parsePattern } from '../channels.ts'
import { fifoShift, fifoSize } from '../fifo.ts'
import { type Departures, noteIn } from '../positions/departures.ts'

/**
 * The patterns of a stream that have subscribers. Each has a channel state of its own, by which its subscribers share bytes,
 * window and positions as those of a channel do.
 */
export interface Views {
  /** A state that holds what the window has of the pattern's channels. */
  create(pattern: string): ChannelState
  /** A channel has come to be. */
  adopt(channel: ChannelState): void
  /** A channel or pattern is no more. */
  release(channel: ChannelState): void
  size(): number
  /** The channel of this name and the patterns that it belongs to, as far as there are any. */
  statesOf(name: string): Iterable<ChannelState>
}

/** `channels` has the patterns too, by their names. */
export function createViews(
  channels: ReadonlyMap<string, ChannelState>,
  { account, departures }: { readonly account: { bytes: number }; readonly departures: Departures },
): Views {
  const views = new Set<ChannelState>()
  return {
    create(text) {
      const pattern = parsePattern(text)
      const members = new Set<ChannelState>()
      const view = createChannelState(text, account, { pattern, members, departed: departures.collect(pattern) })
      const isMeant = matcherOf(pattern)
      for (const channel of channels.values()) {
        if (channel.view || !isMeant(channel.name)) continue
        members.add(channel)
        channel.views.push(view)
        // What left the window before is not here either.
        if (channel.evicted && channel.evicted.seq > (view.evicted?.seq ?? 0)) view.evicted = channel.evicted
      }
      // Not the whole window is looked at: a pattern costs what it has.
      const items = [...members].flatMap(({ log }) => log.items.slice(log.head))
      for (const item of items.toSorted((a, b) => a.seq - b.seq)) addToView(view, item)
      views.add(view)
      return view
    },
    adopt(channel) {
      for (const view of views) {
        if (!view.view || !matches(view.view.pattern, channel.name)) continue
        view.view.members.add(channel)
        channel.views.push(view)
      }
    },
    release(channel) {
      for (const view of channel.views) view.view?.members.delete(channel)
      if (!channel.view) return
      views.delete(channel)
      for (const member of channel.view.members) member.views.splice(member.views.indexOf(channel), 1)
    },
    size: () => views.size,
    statesOf(name) {
      const channel = channels.get(name)
      if (channel) return [channel, ...channel.views]
      return [...views].filter(({ view }) => view && matches(view.pattern, name))
    },
  }
}

/** What making a view takes for each channel that is looked at, and for each item that it has, in bytes of a snapshot. */
const [channelCost, itemCost] = [10, 250]

/** What it took to make it, as `Expensive` counts. */
export const viewCost = (view: ChannelState, channels: ReadonlyMap<string, unknown>): number =>
  channels.size * channelCost + fifoSize(view.log) * itemCost

/** An item of a member came into the window. */
export function addToView(view: ChannelState, item: Item): void {
  view.log.items.push(item)
  view.lastSeq = item.seq
}

/** The first item of the view left the window. */
export function dropFromView(view: ChannelState, item: Item): void {
  const { seq, epoch, cursor } = item
  fifoShift(view.log)
  if (view.view) noteIn(view.view.departed, item)
  view.evicted = { seq, epoch, cursor }
}
