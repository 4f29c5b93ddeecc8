import { dataOf } from './data-of.ts'
import { type Entry, settleHeld, wantsSnapshot } from './entry.ts'
import { ClientError } from './error.ts'
import type {
  BatchFrame,
  MessageFrame,
  NoticeFrame,
  SnapshotFrame,
  SubscribedFrame,
  SubscriptionFrame,
} from './frames.ts'
import type { Settings } from './options.ts'
import type { Message } from './subscription.ts'

/** Runs a handler of the user's, whose throw must not harm the client; answers when it is done, if it takes its time. */
export type Guard = (handler: () => unknown) => Promise<void> | undefined

type Pending = Promise<void> | undefined

export interface HandlerOptions {
  readonly settings: Settings
  readonly guard: Guard
  /** Ends the subscription at the gate too. */
  readonly fail: (entry: Entry, error: ClientError) => void
  /** Begins anew after the last position. */
  readonly restart: (entry: Entry, error: ClientError) => void
  readonly ended: (entry: Entry, code: string | number | undefined) => Pending
  /** Tells the gate what was changed while it could not hear it. */
  readonly tellHeld: (entry: Entry) => void
}

/** What is done with each frame of a subscription, in its turn. */
export function createHandler({ settings, guard, fail, restart, ended, tellHeld }: HandlerOptions) {
  const mostEntries = settings.maxSnapshotEntries

  const failTooLarge = (entry: Entry, what: string): void =>
    fail(
      entry,
      new ClientError(`${what} of ${entry.channel} has more than ${mostEntries} entries.`, {
        code: 'snapshot_too_large',
      }),
    )

  function showState(entry: Entry): Pending {
    const { state, options } = entry
    return state ? guard(() => options.onState?.(state.entries)) : undefined
  }

  function subscribed(entry: Entry, frame: SubscribedFrame): Pending {
    const { channel, position, recovered, reason, again, granted } = frame
    entry.isJoined = true
    entry.isChanging = false
    entry.attempt = 0
    if (recovered === true) entry.awaitsSnapshot = false
    if (position !== undefined) entry.position.advance(position)
    entry.acks?.begin(entry.position.current, granted?.window ?? entry.options.window)
    entry.again = again === true
    if (entry.isHeld) tellHeld(entry)
    else if (granted) {
      entry.regrant?.resolve(granted)
      entry.regrant = undefined
    }
    return guard(() => entry.options.onSubscribed?.({ channel, position, recovered, reason, again, granted }))
  }

  function snapshot(entry: Entry, { items, more }: SnapshotFrame): Pending {
    if (entry.items.length + items.length > mostEntries) {
      failTooLarge(entry, 'The snapshot')
      return undefined
    }
    entry.items.push(...items)
    if (more) return undefined
    const whole = entry.items
    entry.items = []
    entry.awaitsSnapshot = false
    entry.isChanging = false
    settleHeld(entry)
    entry.state?.replace(whole)
    return both(
      guard(() => entry.options.onSnapshot?.(whole)),
      showState(entry),
    )
  }

  /** False when the state outgrew its bounds. */
  function keep(entry: Entry, channel: string, key: string | undefined, data: unknown, deleted: boolean): boolean {
    if (!entry.state || key === undefined) return true
    if (deleted) entry.state.remove(channel, key)
    else if (!entry.state.put({ channel, key, data })) {
      failTooLarge(entry, 'The state')
      return false
    }
    return true
  }

  function message(entry: Entry, frame: MessageFrame): Pending {
    const { channel, key, deleted = false } = frame
    let data: unknown
    try {
      data = dataOf(entry, frame)
    } catch (cause) {
      const text = `A delta of ${entry.channel} does not fit; the subscription begins anew after its last message.`
      restart(entry, new ClientError(text, { code: 'delta_mismatch', retryable: true, cause }))
      return undefined
    }
    entry.awaitsSnapshot = false
    settleHeld(entry)
    const position = frame.position === undefined ? undefined : entry.position.advance(frame.position)
    if (!keep(entry, channel, key, data, deleted)) return undefined
    const acknowledge = frame.position === undefined ? undefined : entry.acks?.give(position)
    const isManual = entry.options.ack === 'manual'
    const told: Message = {
      channel,
      key,
      data,
      deleted,
      position,
      ...(entry.again ? { again: true } : {}),
      ...(isManual && acknowledge ? { ack: acknowledge } : {}),
    }
    const pending = both(
      guard(() => entry.options.onMessage?.(told)),
      showState(entry),
    )
    if (!acknowledge || isManual) return pending
    if (pending) return pending.then(acknowledge)
    acknowledge()
    return undefined
  }

  function batch(entry: Entry, { channel, key, items: frames }: BatchFrame): Pending {
    const { onBatch, onMessage } = entry.options
    const items = frames.map(({ data, deleted = false }) => ({ data, deleted }))
    const last = items.at(-1)
    if (last && !keep(entry, channel, key, last.data, last.deleted)) return undefined
    const told = onBatch
      ? guard(() => onBatch({ channel, key, items }))
      : inTurn(items, (item) => guard(() => onMessage?.({ channel, key, ...item })))
    return both(told, showState(entry))
  }

  function notice(entry: Entry, frame: NoticeFrame): Pending {
    if (frame.code === 'oversize' && frame.position !== undefined) {
      entry.position.advance(frame.position)
      entry.acks?.moved(true)
    }
    return guard(() => entry.options.onNotice?.(frame))
  }

  return function handle(entry: Entry, frame: SubscriptionFrame | NoticeFrame): Pending {
    switch (frame.type) {
      case 'subscribed':
        return subscribed(entry, frame)
      case 'snapshot':
        return snapshot(entry, frame)
      case 'message':
        return message(entry, frame)
      case 'batch':
        return batch(entry, frame)
      case 'gone':
        entry.state?.remove(frame.channel, frame.key)
        return both(
          guard(() => entry.options.onGone?.({ channel: frame.channel, key: frame.key })),
          showState(entry),
        )
      case 'live':
        entry.again = false
        entry.position.advance(frame.position)
        entry.acks?.moved()
        return guard(() => entry.options.onLive?.({ position: frame.position }))
      case 'position':
        settleHeld(entry)
        entry.position.advance(frame.position)
        entry.acks?.moved()
        return undefined
      case 'notice':
        return notice(entry, frame)
      case 'unsubscribed':
        return ended(entry, frame.code)
    }
  }
}

function both(first: Pending, second: Pending): Pending {
  return first && second ? Promise.all([first, second]).then(() => undefined) : (first ?? second)
}

/** One after the other, waiting only for those who take their time. */
function inTurn<T>(items: readonly T[], handle: (item: T) => Pending, from = 0): Pending {
  for (let place = from; place < items.length; place++) {
    const pending = handle(items[place] as T)
    if (pending) return pending.then(() => inTurn(items, handle, place + 1))
  }
  return undefined
}

/** A snapshot that is under way, or that a change asks for, makes the position worth nothing when the connection ends. */
export const isHalf = (entry: Entry): boolean =>
  wantsSnapshot(entry) && ((entry.awaitsSnapshot && entry.isJoined) || entry.isChanging)
