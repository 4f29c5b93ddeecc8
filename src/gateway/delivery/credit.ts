import { decodeCursor, vectorAt } from '../positions/cursor.ts'
import type { Epoch } from '../positions/epoch.ts'
import { dominates, type Vector } from '../positions/vector.ts'
import type { Moment } from './pull-source.ts'

/** ACK mode: what was sent and is not yet acknowledged, within the window. */
export interface Credit {
  /** Messages that may be sent. */
  room(): number
  /** The position after a message, or one told without. */
  sent(moment: Moment, messages: number): void
  /** Everything up to the position, whole or its cursor alone, is acknowledged. False: it was not sent. */
  acknowledge(position: string): boolean
  /** Messages that wait to be acknowledged. */
  pending(): number
}

interface Sent extends Moment {
  readonly messages: number
}

/** `begin`: the position told in `subscribed`. */
export function createCredit(window: number, begin: string): Credit {
  /** A position is kept only behind a message, so that they are no more than two for each message of the window. */
  let sent: Sent[] = []
  let pending = 0
  let last: { readonly text: string; readonly epoch: Epoch | undefined; readonly vector: Vector | undefined } = {
    text: begin,
    epoch: undefined,
    vector: undefined,
  }
  const isSame = ({ epoch, cursor }: Moment, position: string): boolean =>
    position.startsWith('.') ? cursor === position : position === epoch.text() + cursor
  /** A client that acknowledges again what it did before is right. */
  const isFormer = (position: string): boolean => {
    if (position === last.text) return true
    if (!last.epoch || !last.vector) return false
    const dot = position.indexOf('.')
    if (dot > 0 && position.slice(0, dot) !== last.epoch.text()) return false
    const vector = decodeCursor(last.epoch.start, position.slice(dot))
    return vector !== undefined && dominates(last.vector, vector)
  }

  return {
    room: () => Math.max(0, window - pending),
    sent({ epoch, cursor }, messages) {
      const former = sent.at(-1)
      if (messages === 0 && former?.messages === 0) sent.pop()
      sent.push({ epoch, cursor, messages })
      pending += messages
    },
    acknowledge(position) {
      const place = sent.findIndex((moment) => isSame(moment, position))
      const reached = sent[place]
      if (!reached) return isFormer(position)
      for (const { messages } of sent.slice(0, place + 1)) pending -= messages
      sent = sent.slice(place + 1)
      const { epoch, cursor } = reached
      last = { text: epoch.text() + cursor, epoch, vector: vectorAt(epoch, cursor) }
      return true
    },
    pending: () => pending,
  }
}
