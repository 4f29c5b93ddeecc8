import type { ChannelState, Item } from '../channel-state.ts'
import type { Refusal } from '../codes.ts'
import type { Questions } from '../limits/questions.ts'
import type { Terms } from '../terms.ts'
import type { Judge, Judges } from './judge.ts'
import type { SnapshotEntry } from './snapshot.ts'

/**
 * What a subscription gets of a message. `gone`: it does not pass, but the client may hold its key, and is told that it left
 * (`Form.gone`).
 */
export type Verdict = 'pass' | 'gone' | 'skip'

/** What the filter and the box of a subscription let through. Knows which keys the client was shown. */
export interface Selection {
  /** Called once for each item, in their order. */
  judge(item: Item): Verdict
  /** Whether an entry belongs in the snapshot that the client gets now; it then counts as shown. */
  shows(entry: SnapshotEntry): boolean
  /** Whether no more is to be judged in this turn. */
  isSpent(): boolean
}

/** Keys that are remembered for one subscription; beyond them what leaves is told whether it was shown or not. */
const maxKeys = 10_000

export interface SelectionOptions {
  readonly channels: readonly ChannelState[]
  /** The client holds nothing yet, or what it holds is about to be replaced by a snapshot. */
  readonly isFresh: boolean
  /** Counts what is asked. */
  readonly questions: Pick<Questions, 'asked' | 'isSpent'>
}

/** Those who judge by the terms; none: all passes. */
export function judgesOf(
  { filter, bbox }: Pick<Terms, 'filter' | 'bbox'>,
  fields: readonly [string, string] | undefined,
  judges: Judges,
): Judge[] | Refusal {
  const chosen: Judge[] = []
  for (const judge of [
    filter === undefined ? undefined : judges.filter(filter),
    bbox && fields ? judges.box(fields, bbox) : undefined,
  ]) {
    if (judge && 'code' in judge) return judge
    if (judge) chosen.push(judge)
  }
  return chosen
}

/** How many characters of a message count as one element of its lists. */
const elementLength = 64

/** Who goes through lists is asked of each element anew. */
const costOf = ({ lists = 0 }: Judge, { data = '' }: Item | SnapshotEntry): number =>
  1 + lists * Math.ceil(data.length / elementLength)

/** What all judges let pass. */
export function createSelection(
  judges: readonly Judge[],
  { channels, isFresh, questions }: SelectionOptions,
): Selection {
  /** Keys of several channels may meet. */
  const isManifold = channels.length > 1 || channels.some(({ view }) => view !== undefined)
  /** Whether the client was shown the key. */
  const shown = new Map<string, boolean>()
  /** What is true of a key that is not there. */
  let otherwise = !isFresh

  const passes = (candidate: Item | SnapshotEntry): boolean =>
    judges.every((judge) => {
      questions.asked(costOf(judge, candidate))
      return judge(candidate)
    })
  const nameOf = ({ channel, key }: Item | SnapshotEntry): string | undefined =>
    key === undefined || !isManifold ? key : `${channel.name} ${key}`
  const note = (name: string, isShown: boolean): void => {
    if (isShown === otherwise) shown.delete(name)
    else if (shown.size < maxKeys || shown.has(name)) shown.set(name, isShown)
    else if (isShown) forget()
  }
  /** From now on every key may have been shown; those that were are the ones not to be remembered. */
  const forget = (): void => {
    otherwise = true
    shown.clear()
  }

  return {
    judge(item) {
      const name = nameOf(item)
      const isDeleted = item.data === undefined
      if (!isDeleted && passes(item)) {
        if (name !== undefined) note(name, true)
        return 'pass'
      }
      if (name === undefined || !(shown.get(name) ?? otherwise)) return 'skip'
      note(name, false)
      return isDeleted ? 'pass' : 'gone'
    },
    shows(entry) {
      if (!passes(entry)) return false
      const name = nameOf(entry)
      if (name !== undefined) note(name, true)
      return true
    },
    isSpent: () => questions.isSpent(),
  }
}
