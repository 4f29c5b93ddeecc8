import type { Clock, Logger, SinkAttachment, SinkPast } from '#api'
import { messageOf } from '#api'
import type { HubPort } from '../hub.ts'
import type { StreamFeed } from '../stream.ts'
import type { Batch } from './batch-codec.ts'
import { away } from './calls.ts'
import { LinkAwayError } from './link-error.ts'
import type { Begin, SinkOffer, ToGate } from './messages.ts'
import { createPlaces } from './places.ts'
import type { WorkerLink } from './worker-link.ts'

/** A sink at a gate: one worker's stream of those that offer it, and another's when that worker's link ends. */
export interface GateSink {
  offered(link: WorkerLink, offer: SinkOffer): void
  /** The worker has it no more. */
  withdrawn(link: WorkerLink, sink: number): void
  linkEnded(link: WorkerLink): void
  /** Whether a worker that is linked has it. */
  isOffered(): boolean
  isAttached(): boolean
  begin(link: WorkerLink, message: Begin): void
  take(link: WorkerLink, sink: number, message: Extract<ToGate, { t: 'open' | 'close' | 'ready' | 'upstream' }>): void
  batch(link: WorkerLink, sink: number, batch: Batch): void
  seeds(link: WorkerLink, sink: number, batch: Batch): void
  detach(): void
}

export interface GateSinkOptions {
  readonly connector: string
  readonly port: HubPort
  readonly clock: Clock
  readonly log: Logger
}

export function createGateSink({ connector, port, clock, log }: GateSinkOptions): GateSink {
  const offers = new Map<WorkerLink, SinkOffer>()
  const places = createPlaces()
  let active: WorkerLink | undefined
  let feed: StreamFeed | undefined
  /** What the stream was attached as. */
  let attachedAs = ''
  let stamp = ''
  let vanishedAt: number | undefined
  let isStale = false

  const tellUpstream = (state: { readonly reachable: boolean; readonly since: number }): void => {
    if (!state.reachable || isStale) feed?.upstream(state)
    isStale = !state.reachable
  }
  const choose = (link: WorkerLink, offer: SinkOffer): void => {
    active = link
    const goesOn = feed !== undefined && attachedAs === digest(offer)
    link.send({ t: 'take', sink: offer.sink, ...(goesOn ? { state: { stamp, partitions: places.state() } } : {}) })
  }
  const leave = (): void => {
    const offer = active && offers.get(active)
    if (offer) active?.send({ t: 'leave', sink: offer.sink })
    active = undefined
  }
  /** The active worker is gone: another that has the same, else another that has it at all. */
  const change = (): void => {
    active = undefined
    const same = [...offers].find(([, offer]) => digest(offer) === attachedAs)
    const next = same ?? [...offers][0]
    if (next) choose(...next)
  }
  const detach = (): void => {
    feed?.detach()
    feed = undefined
    attachedAs = ''
    isStale = false
    places.clear()
  }
  const isActive = (link: WorkerLink, sink: number): boolean => active === link && offers.get(link)?.sink === sink

  const attach = (offer: SinkOffer): void => {
    feed = undefined
    places.clear()
    isStale = false
    try {
      feed = port.attachSink(attachmentOf(offer))
      attachedAs = digest(offer)
    } catch (error) {
      log.error({ connector, reason: messageOf(error) }, 'sink refused: this gate has other namespaces than its worker')
      leave()
    }
  }
  const current = (): { readonly link: WorkerLink; readonly sink: number } => {
    const offer = active && offers.get(active)
    if (active && offer) return { link: active, sink: offer.sink }
    throw new LinkAwayError(away)
  }
  const attachmentOf = ({ attachment, hasPast }: SinkOffer): SinkAttachment => {
    const past: SinkPast = {
      async bounds() {
        const { link, sink } = current()
        return (await link.ask((call) => ({ t: 'bounds', call, sink }))) as Awaited<ReturnType<SinkPast['bounds']>>
      },
      async offsetsAt(timestamp) {
        const { link, sink } = current()
        const found = await link.ask((call) => ({ t: 'offsetsAt', call, sink, timestamp }))
        return found as Awaited<ReturnType<SinkPast['offsetsAt']>>
      },
      async *read(ranges, signal) {
        const { link, sink } = current()
        yield* link.past.read(sink, ranges, signal)
      },
    }
    return {
      connector,
      ...attachment,
      identity: {
        async clusterId() {
          const { link, sink } = current()
          return String(await link.ask((call) => ({ t: 'clusterId', call, sink })))
        },
        async timestampAt({ topic, partition }, offset) {
          const { link, sink } = current()
          const found = await link.ask((call) => ({ t: 'timestampAt', call, sink, at: { topic, partition, offset } }))
          return found as Awaited<ReturnType<SinkAttachment['identity']['timestampAt']>>
        },
      },
      ...(hasPast ? { past } : {}),
    }
  }

  return {
    offered(link, offer) {
      offers.set(link, offer)
      if (!active) choose(link, offer)
      else if (offer.isNew && active !== link && digest(offer) !== attachedAs) {
        // The connector was declared anew, and this worker has heard of it first.
        leave()
        choose(link, offer)
      }
    },
    withdrawn(link, sink) {
      if (offers.get(link)?.sink !== sink) return
      const wasActive = active === link
      offers.delete(link)
      if (wasActive) change()
      if (!active) detach()
    },
    linkEnded(link) {
      offers.delete(link)
      if (active !== link) return
      change()
      if (!active) tellUpstream({ reachable: false, since: clock.now() })
    },
    isOffered: () => offers.size > 0,
    isAttached: () => feed !== undefined,
    begin(link, message) {
      const offer = offers.get(link)
      if (!offer || !isActive(link, message.sink)) return
      if (!message.continues) attach(offer)
      ;({ stamp, vanishedAt } = message)
      const fresh = message.open.filter((at) => !places.knows(at))
      if (fresh.length > 0) {
        places.open(fresh)
        feed?.open(fresh)
      }
      if (!message.continues && vanishedAt !== undefined) feed?.remember([], vanishedAt)
      tellUpstream(message.upstream ?? { reachable: true, since: 0 })
    },
    take(link, sink, message) {
      if (!isActive(link, sink) || !feed) return
      switch (message.t) {
        case 'open':
          stamp = message.stamp
          places.open(message.open)
          return feed.open(message.open)
        case 'close':
          return feed.close(message.partitions)
        case 'ready':
          return feed.ready()
        case 'upstream':
          return tellUpstream(message.state)
      }
    },
    batch(link, sink, batch) {
      if (!isActive(link, sink) || !feed) return
      places.passed(batch)
      feed.publish(batch.publications, batch.progress)
    },
    seeds(link, sink, { publications }) {
      if (isActive(link, sink)) feed?.remember(publications, vanishedAt ?? 0)
    },
    detach,
  }
}

const digest = ({ attachment, hasPast }: SinkOffer): string => JSON.stringify([attachment, hasPast])
