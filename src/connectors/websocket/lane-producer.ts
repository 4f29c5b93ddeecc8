import { createIdRanges } from './id-ranges.ts'
import { createProducerIds, maxStoredRanges, type ProducerIds } from './producer-ids.ts'

/** What a lane knows of one producer. */
export interface LaneProducer {
  readonly ids: ProducerIds
  /** Messages become records one after the other. */
  tail: Promise<void>
  /** When its last message was stored (ms since the epoch); undefined: none ever was. */
  storedAt(): number | undefined
  /** The source offset of the record with this id: what will be stored when it and all before it are. */
  offer(id: number, now: number): Readonly<Record<string, unknown>>
  /** What was offered has its answer: it is stored, or never will be. */
  settled(id: number, isStored: boolean, now: number): void
  /** Makes the session the producer's only one. */
  claim(claim: Claim, now: number): Claimed
}

export interface Claim {
  readonly session: string
  /** Of its door. */
  readonly url: string
  /** What a lane gave the session before. */
  readonly term: number | undefined
}

export type Claimed =
  | { readonly ok: true; readonly term: number; readonly former: Pick<Claim, 'session' | 'url'> | undefined }
  | { readonly ok: false }

/** Former sessions are remembered by their terms; those few that never heard theirs by name. */
const maxFormer = 8

export function createLaneProducer(offset?: ProducerOffset): LaneProducer {
  const ids = createProducerIds(offset && { highest: offset.messageId, stored: offset.stored })
  /** What is stored, and what is on its way. */
  const offered = createIdRanges(maxStoredRanges, ids.stored.text())
  let storedAt = offset?.at
  let term = offset?.term ?? 0
  let owner: Pick<Claim, 'session' | 'url'> | undefined
  const former: string[] = []

  return {
    ids,
    tail: Promise.resolve(),
    storedAt: () => storedAt,
    offer(id, now) {
      offered.add(id)
      return { messageId: offered.highest(), at: now, stored: offered.text(), term }
    },
    settled(id, isStored, now) {
      if (isStored) storedAt = now
      else offered.remove(id)
    },
    claim({ session, url, term: given }, now) {
      if (owner?.session === session) return { ok: true, term, former: undefined }
      if (given === undefined ? former.includes(session) : given < term) return { ok: false }
      const known = owner
      owner = { session, url }
      term = given ?? Math.max(now, term + 1)
      if (known) former.push(known.session)
      if (former.length > maxFormer) former.shift()
      return { ok: true, term, former: known }
    },
  }
}

/** A producer's source offset. */
export interface ProducerOffset {
  /** The highest id that is stored. */
  readonly messageId: number
  /** When (ms since the epoch). */
  readonly at: number
  /** All stored ids, as ranges. */
  readonly stored: string
  readonly term: number
}

/** Reads a stored offset, also one that was written over REST: then only `messageId` need be there. */
export function readProducerOffset(offset: Readonly<Record<string, unknown>>, now: number): ProducerOffset | undefined {
  const { messageId, at, stored, term } = offset
  if (!isCount(messageId)) return undefined
  return {
    messageId,
    at: isCount(at) ? at : now,
    stored: typeof stored === 'string' ? stored : String(messageId),
    term: isCount(term) ? term : 0,
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
