import type { Clock, Publication, ReplayRange, SinkAttachment, TopicPartition } from '#api'
import type { StreamFeed } from '../stream.ts'
import { type Batch, encodeBatch, isSameRecord } from './batch-codec.ts'
import type { Line } from './line.ts'
import type { GateState, SinkOffer, ToGate } from './messages.ts'
import { createRelay } from './relay.ts'
import { isSameLog } from './same-log.ts'

/** A sink of this worker, as it is offered to gates. */
export interface OfferedSink {
  readonly id: number
  readonly attachment: SinkAttachment
  readonly feed: StreamFeed
  offer(isNew: boolean): SinkOffer
  /** The gate behind the line takes it, from where its stream stands; it takes it anew when that cannot be. */
  take(line: Line, state: GateState | undefined): void
  leave(line: Line): void
  /** The line has room again. */
  goOn(line: Line): void
  /** Whether the partition is one of those that it publishes: nothing else is a gate's to ask for. */
  reads(at: TopicPartition): boolean
  /** Of what a gate wants to have read what this worker has come past; undefined: it is not all of this sink's, or not in order. */
  within(ranges: readonly ReplayRange[]): readonly ReplayRange[] | undefined
}

/** What a gate still has to be sent before it gets what is published at once. */
interface Taker {
  seeds: readonly Publication[]
  /** Undefined: it is up to date. */
  after: number | undefined
}

/** How much of a batch goes into one frame; records are never cut. */
const frameBytes = 1024 * 1024
/** While more than this waits for a line, what it has missed waits in the log. */
const pendingBytes = 256 * 1024

export interface OfferedSinkOptions {
  readonly id: number
  readonly name: string
  readonly attachment: SinkAttachment
  readonly clock: Clock
  readonly onDetached: () => void
}

export function createOfferedSink({ id, name, attachment, clock, onDetached }: OfferedSinkOptions): OfferedSink {
  const relay = createRelay(attachment, name)
  const takers = new Map<Line, Taker>()
  /** Gates whose streams may go on here, as soon as that is known. */
  const asking = new Map<Line, GateState>()
  let isReady = false
  let isDetached = false
  let upstream: { readonly reachable: boolean; readonly since: number } | undefined

  const tell = (message: ToGate): void => {
    for (const line of takers.keys()) line.send(message)
  }
  const begin = (line: Line, continued: GateState | undefined): void => {
    const seeds = continued ? [] : [...relay.seeds()]
    const vanishedAt = relay.vanishedAt()
    const after = relay.start()
    line.send({
      t: 'begin',
      sink: id,
      continues: continued !== undefined,
      stamp: relay.stamp(),
      open: [...relay.floor()],
      ...(vanishedAt === undefined ? {} : { vanishedAt }),
      ...(upstream ? { upstream } : {}),
    } satisfies ToGate)
    const taker: Taker = { seeds, after }
    takers.set(line, taker)
    goOn(line, taker)
  }
  const goOn = (line: Line, taker: Taker): void => {
    while (taker.seeds.length > 0 && line.queued() < pendingBytes) {
      const [now, later] = [taker.seeds.slice(0, 1000), taker.seeds.slice(1000)]
      taker.seeds = later
      line.sendFrame(encodeBatch('seeds', [id], { publications: now, progress: [] }))
    }
    if (taker.seeds.length > 0) return
    while (taker.after !== undefined && line.queued() < pendingBytes) {
      const entry = relay.after(taker.after)
      // Evicted before it was sent: the gate begins anew, with what there is now.
      if (entry === 'lost') return begin(line, undefined)
      if (entry) {
        for (const frame of framesOf(entry)) line.sendFrame(frame)
        taker.after = entry.seq
      } else {
        taker.after = undefined
        if (isReady) line.send({ t: 'ready', sink: id } satisfies ToGate)
      }
    }
  }
  const goOnHere = (line: Line, state: GateState): void => {
    // It has not begun to read.
    if (relay.floor().length === 0) return
    if (!relay.covers(state) || relay.stamp() === state.stamp)
      return decide(line, relay.covers(state) ? state : undefined)
    // Another worker's, or of before a log went back: only Kafka knows whether it is the same log.
    const isCurrent = (): boolean => asking.get(line) === state && !line.isClosed
    void isSameLog(attachment.identity, state, isCurrent, clock).then((isSame) => {
      if (isCurrent()) decide(line, isSame && relay.covers(state) ? state : undefined)
      return undefined
    })
  }
  const decide = (line: Line, continued: GateState | undefined): void => {
    asking.delete(line)
    begin(line, continued)
  }
  const framesOf = (batch: Batch): readonly Buffer[] => parts(batch).map((part) => encodeBatch('batch', [id], part))

  const feed: StreamFeed = {
    open(partitions) {
      relay.open(partitions, clock.now())
      tell({ t: 'open', sink: id, open: [...partitions], stamp: relay.stamp() })
      for (const [line, state] of asking) goOnHere(line, state)
    },
    close: (partitions) => tell({ t: 'close', sink: id, partitions: [...partitions] }),
    remember: (publications, vanishedAt) => relay.remember(publications, vanishedAt),
    publish(publications, progress) {
      if (isDetached) return
      const entry = relay.add({ publications, progress }, clock.now())
      let frames: readonly Buffer[] | undefined
      for (const [line, taker] of takers) {
        if (taker.after !== undefined) continue
        frames ??= framesOf(entry)
        for (const frame of frames) line.sendFrame(frame)
      }
    },
    ready() {
      isReady = true
      relay.ready(clock.now())
      for (const [line, { after }] of takers)
        if (after === undefined) line.send({ t: 'ready', sink: id } satisfies ToGate)
    },
    upstream(state) {
      upstream = state
      tell({ t: 'upstream', sink: id, state })
    },
    detach() {
      if (isDetached) return
      isDetached = true
      asking.clear()
      onDetached()
    },
  }

  return {
    id,
    attachment,
    feed,
    offer(isNew) {
      const { connector, templates, rule, snapshot, window, box, delivery, past } = attachment
      return {
        t: 'sink',
        sink: id,
        connector,
        attachment: {
          templates: [...templates],
          rule,
          snapshot,
          window,
          ...(box ? { box: [...box] } : {}),
          ...(delivery ? { delivery } : {}),
        },
        hasPast: past !== undefined,
        isNew,
      }
    },
    take(line, state) {
      takers.delete(line)
      asking.delete(line)
      if (!state) return begin(line, undefined)
      asking.set(line, state)
      goOnHere(line, state)
    },
    leave(line) {
      takers.delete(line)
      asking.delete(line)
    },
    goOn(line) {
      const taker = takers.get(line)
      if (taker) goOn(line, taker)
    },
    reads: (at) => relay.reached(at) !== undefined,
    within(ranges) {
      const seen = new Set<string>()
      const found: ReplayRange[] = []
      for (const { topic, partition, from, to } of ranges) {
        const reached = relay.reached({ topic, partition })
        const place = `${topic} ${partition}`
        if (reached === undefined || from < 0n || from > to || seen.has(place)) return undefined
        seen.add(place)
        found.push({ topic, partition, from, to: to < reached ? to : reached })
      }
      return found
    },
  }
}

/** A large batch in several, each of whole records; how far it came is said with the last. */
function parts(batch: Batch): readonly Batch[] {
  const made: Batch[] = []
  const { publications, progress } = batch
  let [start, size] = [0, 0]
  for (const [index, { data = '', origin }] of publications.entries()) {
    const former = publications[index - 1]?.origin
    if (size >= frameBytes && former && !isSameRecord(former, origin)) {
      made.push({ publications: publications.slice(start, index), progress: [] })
      start = index
      size = 0
    }
    size += data.length
  }
  made.push(start === 0 ? batch : { publications: publications.slice(start), progress })
  return made
}
