import type { AlteredOffset } from '#api'
import { laneOfProducer, producerName } from './lane-of.ts'
import { createLaneProducer, type LaneProducer, readProducerOffset } from './lane-producer.ts'
import type { Sender } from './lane-wire.ts'
import { createRecentlySeen } from './recently-seen.ts'

export interface LaneProducersOptions {
  /** All that the connector has stored: an offset belongs to a producer, whatever lane it was in. */
  readonly offsets: readonly AlteredOffset[]
  readonly lane: number
  readonly lanes: number
  /** Producers with stored messages; none of them is forgotten, since then a resend could not be told. */
  readonly maxStored: number
  /** Producers without, and sessions of others; the least recently seen is forgotten first. */
  readonly maxOthers: number
  readonly now: number
}

/** The producers of a lane. */
export interface LaneProducers {
  /** Of a sender, made when it is not known. Who is no producer is known for as long as the session. */
  of(sender: Sender): LaneProducer
  /** Whether its messages may be stored: one of which nothing is stored needs room. */
  hasRoomFor(sender: Sender): boolean
  /** Something of it is stored now. */
  keep(sender: Sender, producer: LaneProducer): void
}

export function createLaneProducers(options: LaneProducersOptions): LaneProducers {
  const stored = new Map<string, LaneProducer>()
  for (const { partition, offset } of options.offsets) {
    const name = partition['producer']
    if (typeof name !== 'string' || offset === null || laneOfProducer(name, options.lanes) !== options.lane) continue
    const known = readProducerOffset(offset, options.now)
    if (known) stored.set(name, createLaneProducer(known))
  }
  const isNeeded = ({ ids }: LaneProducer): boolean => !ids.isIdle()
  const newcomers = createRecentlySeen<LaneProducer>(options.maxOthers, isNeeded)
  const sessions = createRecentlySeen<LaneProducer>(options.maxOthers, isNeeded)

  return {
    of(sender) {
      const name = producerName(sender)
      if (name === undefined) return sessions.recall(sender.session, () => createLaneProducer())
      return stored.get(name) ?? newcomers.recall(name, () => createLaneProducer())
    },
    hasRoomFor(sender) {
      const name = producerName(sender)
      return name === undefined || stored.has(name) || stored.size < options.maxStored
    },
    keep(sender, producer) {
      const name = producerName(sender)
      if (name === undefined || stored.has(name)) return
      stored.set(name, producer)
      newcomers.delete(name)
    },
  }
}
