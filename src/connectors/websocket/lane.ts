import {
  ConnectError,
  type Ingress,
  type IngressAnswer,
  messageOf,
  RetriableError,
  type SourceRecord,
  type SourceTask,
  type SourceTaskContext,
} from '#api'
import {
  failedAnswer,
  okAnswer,
  outOfOrder,
  producerExpired,
  producerTakenOver,
  refusedAnswer,
  tooManyProducers,
} from './ingress-answers.ts'
import { createIngressQueue, type Place } from './ingress-queue.ts'
import { createRecordMaker, type RecordOptions } from './ingress-record.ts'
import { producerName } from './lane-of.ts'
import type { LaneProducer } from './lane-producer.ts'
import { createLaneProducers } from './lane-producers.ts'
import { decodeLaneCall, encodeClosing, encodeLaneAnswers, type LaneAnswer, type LaneCall } from './lane-wire.ts'

export interface LaneOptions extends RecordOptions {
  readonly 'ingress.lanes': number
  readonly 'ingress.max.pending': number
  readonly 'ingress.max.pending.bytes': number
  readonly 'ingress.stall.ms': number
  readonly 'ingress.producer.retention.ms': number
  readonly 'ingress.max.producers': number
  readonly 'deduplicate.max.producers': number
}

const maxBatch = 500
const idleMs = 1000
const okClaim: IngressAnswer = { ok: true }

/**
 * One lane: what doors on all workers hand it, in the order of each producer, each id once. The last ids of its producers are source
 * offsets, stored in the transaction of the records themselves; so a lane that starts elsewhere knows exactly what is in Kafka.
 */
export async function startLane(context: SourceTaskContext<LaneOptions>): Promise<SourceTask> {
  const { config, signal, clock, log, lane, task, connector } = context
  if (!lane) throw new ConnectError('A lane runs in a task that is exactly once.')
  const lanes = config['ingress.lanes']
  const producers = createLaneProducers({
    offsets: await context.offsets.list(),
    lane: task,
    lanes,
    maxStored: config['ingress.max.producers'],
    maxOthers: config['deduplicate.max.producers'],
    now: clock.now(),
  })
  const toRecord = createRecordMaker(context)
  const queue = createIngressQueue({
    maxMessages: config['ingress.max.pending'],
    maxBytes: config['ingress.max.pending.bytes'],
    stallMs: config['ingress.stall.ms'],
    clock,
  })

  /** Nothing rests on it: a session that stays open is refused at its next message, and closed by its own door then. */
  const closeFormer = async (url: string, session: string): Promise<void> => {
    try {
      await lane.callDoor(url, encodeClosing(session), signal)
    } catch (error) {
      log.debug({ url, reason: messageOf(error) }, 'the former connection of a producer could not be closed')
    }
  }

  const makeRecord = async (ingress: Ingress, place: Place, producer: LaneProducer): Promise<void> => {
    const { messageId: id } = ingress
    try {
      // One before it may have been refused since this one was let in.
      const lowest = id === undefined ? undefined : producer.ids.lowestRefused()
      if (id !== undefined && lowest !== undefined && lowest < id) return place.answer(outOfOrder(lowest))
      const record = await toRecord(ingress)
      const name = producerName(ingress)
      const isNumbered = name !== undefined && id !== undefined
      queue.offer({
        ...record,
        sourcePartition: isNumbered ? { producer: name } : { connector },
        sourceOffset: isNumbered ? producer.offer(id, clock.now()) : {},
        tag: place,
      })
    } catch (error) {
      if (!ConnectError.is(error) || error.retriable)
        log.warn({ reason: messageOf(error) }, 'a published message was refused')
      place.answer(refusedAnswer(error))
    }
  }

  /** Why nothing more is to be taken of an id below the producer's last, or of a producer; undefined: it may be. */
  const refusalOf = (ingress: Ingress, id: number, producer: LaneProducer): IngressAnswer | undefined => {
    const storedAt = producer.storedAt()
    if (storedAt === undefined) return producers.hasRoomFor(ingress) ? undefined : tooManyProducers
    const isExpired = clock.now() - storedAt > config['ingress.producer.retention.ms']
    return isExpired && id <= producer.ids.highest() ? producerExpired(id) : undefined
  }

  const publish = (ingress: Ingress, producer: LaneProducer): Promise<IngressAnswer> => {
    const { messageId: id } = ingress
    const size = Buffer.byteLength(ingress.data)
    if (id === undefined) {
      const refusal = queue.refusal(size)
      if (refusal) return Promise.resolve(refusal)
      const place = queue.enter(size)
      void makeRecord(ingress, place, producer)
      return place.answered
    }
    const known = refusalOf(ingress, id, producer) ?? producer.ids.judge(id)
    if (known) return Promise.resolve(known)
    const refusal = queue.refusal(size)
    if (refusal) {
      producer.ids.settle(id, refusal)
      return Promise.resolve(refusal)
    }
    const place = queue.enter(size, (answer) => {
      producer.ids.settle(id, answer)
      producer.settled(id, answer.ok, clock.now())
      if (answer.ok) producers.keep(ingress, producer)
    })
    producer.ids.take(id, place.answered)
    producer.tail = producer.tail.then(() => makeRecord(ingress, place, producer))
    return place.answered
  }

  const answer = async ({ kind, from, term }: LaneCall['items'][number], url: string): Promise<LaneAnswer> => {
    const producer = producers.of(from)
    if (from.producer === undefined) return { answer: kind === 'claim' ? okClaim : await publish(from, producer) }
    const claimed = producer.claim({ session: from.session, url, term }, clock.now())
    if (!claimed.ok) return { answer: producerTakenOver }
    if (claimed.former) void closeFormer(claimed.former.url, claimed.former.session)
    return { answer: kind === 'claim' ? okClaim : await publish(from, producer), term: claimed.term }
  }

  lane.serve(async (body) => {
    const call = decodeLaneCall(body)
    // A door of another configuration would hand this lane producers of others.
    if (call.lanes !== lanes)
      throw new RetriableError(
        `The door counts ${call.lanes} lanes and this lane ${lanes}: one of them is about to start anew.`,
      )
    return encodeLaneAnswers(await Promise.all(call.items.map((item) => answer(item, call.url))))
  })

  return {
    poll: () => queue.take(maxBatch, idleMs, signal),
    commitRecord(record: SourceRecord, metadata, error) {
      const place = record.tag as Place
      place.answer(error === undefined ? okAnswer(metadata) : failedAnswer(error))
    },
    upstream: ({ reachable }) => queue.upstream(reachable),
    paused: (isPaused) => queue.pause(isPaused),
    stop: () => queue.close(),
  }
}
