import type { Clock, Ingress, IngressAnswer, Logger, SourceFeed } from '#api'
import { messageOf } from '#api'
import { refuse } from '../codes.ts'
import type { HubPort } from '../hub.ts'
import type { ConnectedProducer } from '../sources.ts'
import { LinkAwayError } from './link-error.ts'
import type { SourceOffer, Upstream } from './messages.ts'
import { createSendOrder } from './send-order.ts'
import type { WorkerLink } from './worker-link.ts'

/** A source at a gate: what clients publish goes to one of the workers that offer it, the same as long as its link is there. */
export interface GateSource {
  offered(link: WorkerLink, offer: SourceOffer): void
  withdrawn(link: WorkerLink, source: number): void
  /** Whether the worker can store what is published. */
  upstream(link: WorkerLink, source: number, state: Upstream): void
  linkEnded(link: WorkerLink): void
  isOffered(): boolean
  /** A producer connected elsewhere. */
  closeProducer(session: string): void
  isAttached(): boolean
  detach(): void
}

/** A link counts as too busy to publish over it when more than this waits. */
const busyBytes = 16 * 1024 * 1024

export interface GateSourceOptions {
  readonly connector: string
  readonly port: HubPort
  readonly clock: Clock
  readonly log: Logger
  /** Those connected here, by session; shared by all sources. */
  readonly producers: Map<string, ConnectedProducer>
}

export function createGateSource({ connector, port, clock, log, producers }: GateSourceOptions): GateSource {
  const offers = new Map<WorkerLink, SourceOffer>()
  let active: WorkerLink | undefined
  let feed: SourceFeed | undefined
  let attachedAs = ''
  let isStale = false
  const order = createSendOrder()

  const tellUpstream = (state: Upstream): void => {
    if (!state.reachable || isStale) feed?.upstream?.(state)
    isStale = !state.reachable
  }
  const detach = (): void => {
    feed?.detach()
    feed = undefined
    attachedAs = ''
    isStale = false
  }
  const choose = (link: WorkerLink, offer: SourceOffer): void => {
    active = link
    // Those that were connected while it was away, too.
    for (const producer of producers.values()) link.producers.connected(producer)
    if (attachedAs !== digest(offer)) attach(offer)
    tellUpstream(offer.upstream ?? { reachable: true, since: 0 })
  }
  const send = async (ingress: Ingress): Promise<IngressAnswer> => {
    const [to, current] = [active, active && offers.get(active)]
    if (!to || !current) return unavailable
    if (to.queued() > busyBytes) return busy
    try {
      const { source } = current
      return (await to.ask((call) => ({ t: 'publish', call, source, ingress: { ...ingress } }))) as IngressAnswer
    } catch (error) {
      if (error instanceof LinkAwayError) return unavailable
      log.warn({ connector, reason: messageOf(error) }, 'worker failed to take a publication')
      return failed
    }
  }
  const attach = (offer: SourceOffer): void => {
    detach()
    try {
      feed = port.attachSource({
        connector,
        channels: offer.channels,
        exactlyOnce: offer.exactlyOnce,
        async publish(ingress): Promise<IngressAnswer> {
          const refusal = order.refusal(ingress)
          if (!refusal) order.sent(ingress)
          const answer = refusal ?? (await send(ingress))
          order.answered(ingress, answer)
          return answer
        },
        producerConnected(producer) {
          producers.set(producer.session, producer)
          active?.producers.connected(producer)
        },
        producerDisconnected(session) {
          producers.delete(session)
          order.forget(session)
          active?.producers.disconnected(session)
        },
      })
      attachedAs = digest(offer)
    } catch (error) {
      log.error(
        { connector, reason: messageOf(error) },
        'source refused: this gate has other namespaces than its worker',
      )
    }
  }
  const change = (): void => {
    active = undefined
    const [next] = offers
    if (next) choose(...next)
  }

  return {
    offered(link, offer) {
      offers.set(link, offer)
      if (!active || active === link || digest(offer) !== attachedAs) choose(link, offer)
    },
    withdrawn(link, source) {
      if (offers.get(link)?.source !== source) return
      offers.delete(link)
      if (active === link) change()
      if (!active) detach()
    },
    upstream(link, source, state) {
      const offer = offers.get(link)
      if (offer?.source !== source) return
      offers.set(link, { ...offer, upstream: state })
      if (active === link) tellUpstream(state)
    },
    linkEnded(link) {
      offers.delete(link)
      // Without any other it stays: what is published meanwhile is to be sent again.
      if (active === link) change()
      if (!active) tellUpstream({ reachable: false, since: clock.now() })
    },
    isOffered: () => offers.size > 0,
    closeProducer: (session) => feed?.closeProducer(session),
    isAttached: () => feed !== undefined,
    detach,
  }
}

const no = (code: 'unavailable' | 'busy' | 'internal', message: string, retryAfter: number): IngressAnswer => ({
  ok: false,
  ...refuse(code, message, { retryAfter }),
})
const unavailable = no('unavailable', 'What takes publications on this channel cannot be reached now.', 2000)
const busy = no('busy', 'Too many publications wait: try again soon.', 1000)
const failed = no('internal', 'The gate failed to hand the message on.', 1000)

const digest = ({ channels, exactlyOnce }: SourceOffer): string => JSON.stringify([channels, exactlyOnce])
