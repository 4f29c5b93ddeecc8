import type { WebSocket } from 'ws'
import type { Clock, SinkRecord, TopicPartition, TopicPartitionOffset } from '#api'
import { createBell } from '../common/bell.ts'

/** A message that is on its way. */
export interface Outgoing {
  readonly record: SinkRecord
  readonly text: string
  /** What the acknowledgement names; undefined when none is awaited. */
  readonly id: string | undefined
}

interface Entry extends Outgoing {
  sentAt: number
  /** Refused by the other side and being reported: not sent again. */
  refused: boolean
}

export interface OutboxOptions {
  /** The most messages on their way. */
  readonly window: number
  /** The most bytes in the socket's own buffer. */
  readonly maxBuffered: number
  /** The last messages that are sent again after a break although they were sent. */
  readonly resendWindow: number
  readonly clock: Clock
}

/**
 * Messages in order, from the moment they are sent until they are done: acknowledged by the other side or, without
 * acknowledgements, handed to the operating system. A new connection gets all that is not done once more, in order.
 */
export function createOutbox({ window, maxBuffered, resendWindow, clock }: OutboxOptions) {
  const entries: Entry[] = []
  /** Done, and kept for `resend.window`. */
  const sent: Entry[] = []
  const bell = createBell(clock)
  let socket: WebSocket | undefined

  const done = (entry: Entry): void => {
    const at = entries.indexOf(entry)
    if (at < 0) return
    entries.splice(at, 1)
    if (resendWindow > 0) sent.push(entry)
    if (sent.length > resendWindow) sent.shift()
    bell.ring()
  }

  const send = (entry: Entry): void => {
    const to = socket
    if (!to) return
    entry.sentAt = clock.now()
    // An error is the connection's end, which is told by its close.
    to.send(entry.text, (error) => {
      if (entry.id === undefined && !error && to === socket) done(entry)
      else bell.ring()
    })
  }

  return {
    /** Whether one more may be sent now. */
    hasRoom: (): boolean => socket !== undefined && entries.length < window && socket.bufferedAmount < maxBuffered,
    isOpen: (): boolean => socket !== undefined,
    size: (): number => entries.length,
    push(outgoing: Outgoing): void {
      const entry: Entry = { ...outgoing, sentAt: 0, refused: false }
      entries.push(entry)
      send(entry)
    },
    connected(to: WebSocket): void {
      socket = to
      for (const entry of sent) to.send(entry.text)
      for (const entry of entries) if (!entry.refused) send(entry)
      bell.ring()
    },
    disconnected(): void {
      socket = undefined
      bell.ring()
    },
    /** The first message that awaits this id. */
    find: (id: string): Outgoing | undefined => entries.find((entry) => entry.id === id && !entry.refused),
    refuse(outgoing: Outgoing): void {
      const entry = entries.find((other) => other === outgoing)
      if (entry) entry.refused = true
    },
    done(outgoing: Outgoing): void {
      const entry = entries.find((other) => other === outgoing)
      if (entry) done(entry)
    },
    /** How long (ms) the oldest message has been on its way. */
    oldestAge(): number {
      const oldest = entries.find((entry) => !entry.refused)
      return oldest ? clock.now() - oldest.sentAt : 0
    },
    forget(partitions: readonly TopicPartition[]): void {
      const gone = (entry: Entry) => partitions.some((partition) => isIn(entry.record, partition))
      for (const list of [entries, sent]) list.splice(0, list.length, ...list.filter((entry) => !gone(entry)))
      bell.ring()
    },
    /** Up to where a partition is done: nothing that is on its way lies below. */
    doneBelow({ topic, partition, offset }: TopicPartitionOffset): bigint {
      let below = offset
      for (const { record } of entries) {
        if (isIn(record, { topic, partition }) && record.origin.offset < below) below = record.origin.offset
      }
      return below
    },
    /** Resolves when something of all this changed, after `ms`, or when `signal` aborts. */
    changed: (ms: number, signal: AbortSignal): Promise<void> => bell.wait(ms, signal),
    ring: bell.ring,
  }
}

export type Outbox = ReturnType<typeof createOutbox>

/** Whether a record was read from this partition. */
export const isIn = ({ origin }: SinkRecord, { topic, partition }: TopicPartition): boolean =>
  origin.topic === topic && origin.partition === partition
