import { type Clock, type GatewayPort, type IngressAnswer, type Logger, type SinkAttachment } from '#api'
import { checkAttachment, checkBounds, complaintsOf } from './attach-check.ts'
import { isPattern, matches, namespaceOf, templatePattern } from './channels.ts'
import { type Client, closeClient } from './client.ts'
import { type Refusal, refuse } from './codes.ts'
import type { FanOut } from './delivery/fan-out.ts'
import { type Joined, joinStream } from './join-stream.ts'
import type { Expensive } from './limits/expensive.ts'
import { createHubPast, type HubPast } from './past/hub-past.ts'
import type { ReadBackFigures, ReadBackShare } from './past/read-backs.ts'
import { createReadBudget, type ReadBudget } from './past/read-budget.ts'
import type { Keyring } from './positions/keyring.ts'
import { createPositionCheck, type PositionCheck } from './positions/resume.ts'
import { routeTo } from './route.ts'
import { type CompileFilter, createJudges, type FilterCounts } from './selection/judge.ts'
import { judgesOf } from './selection/selection.ts'
import { updateSubscription } from './selection/update-subscription.ts'
import type { GatewaySettings } from './settings.ts'
import { type ConnectedProducer, createSources, type PublishRequest } from './sources.ts'
import { createStale } from './stale.ts'
import { createStream, type Sequence, type Stream, type StreamFeed } from './stream.ts'
import { tickStream } from './stream-upkeep.ts'
import { type Asked, changed, grant, type Terms, type TermsChange } from './terms.ts'
import type { Auth, Identity } from './who/auth.ts'

/** The port, with feeds that may begin in the middle. */
export interface HubPort extends GatewayPort {
  attachSink(attachment: SinkAttachment): StreamFeed
}

/** Joins the tasks to the connections: knows who publishes what, and who may have it. All transports go through it. */
export interface Hub {
  readonly port: HubPort
  /** Answers with a refusal, or calls `onJoined` and then sends. Does neither when the client was closed meanwhile. */
  subscribe(client: Client, request: SubscribeRequest): Promise<Refusal | undefined>
  /** Changes a subscription's terms in place. Answers with a refusal, or calls `onUpdated` and then sends. */
  update(client: Client, request: UpdateRequest): Refusal | undefined
  filterCounts(): FilterCounts
  /** Never rejects. */
  publish(identity: Identity, request: PublishRequest): Promise<IngressAnswer>
  /** Whether all that may be published to now is exactly once. */
  isExactlyOnce(): boolean
  producerConnected(producer: ConnectedProducer): void
  producerDisconnected(session: string): void
  /** Whether every attached sink is ready. */
  isReady(): boolean
  /** A client has connected: it hears what all others were told. */
  welcome(client: Client): void
  streams(): Iterable<Stream>
  /** Never rejects because of Kafka. */
  history: HubPast['history']
  /** What was read back for clients, of all streams. */
  readBack(): ReadBackFigures
  tick(now: number): void
}

export interface SubscribeRequest {
  readonly id: number
  readonly identity: Identity
  /** One, or several of the same connector. */
  readonly channels: readonly string[]
  readonly position: string | undefined
  /** Instead of a position: a time. */
  readonly from?: string | undefined
  readonly asked: Asked
  readonly onJoined: (joined: Joined) => void
}

export interface UpdateRequest {
  /** The id of the subscription. */
  readonly subscription: number
  /** What is null is taken away. */
  readonly change: TermsChange
  readonly onUpdated: (terms: Terms) => void
}

export interface HubOptions {
  readonly settings: GatewaySettings
  readonly auth: Auth
  readonly keyring: Keyring
  readonly fanOut: FanOut
  readonly expensive: Expensive
  readonly clock: Clock
  readonly log: Logger
  /** What is read back with others in this process; absent: nobody else reads. */
  readonly readBudget?: ReadBudget | undefined
  /** Absent: there are no filters. */
  readonly compileFilter?: CompileFilter | undefined
  /** All that are connected. */
  clients(): Iterable<Client>
  /** The producer connected to another worker. */
  closeProducer(session: string): void
}

export function createHub(options: HubOptions): Hub {
  const { settings, auth, keyring, clock, log } = options
  const { limits } = settings
  const sequence: Sequence = { last: 0 }
  const streams = new Map<Stream, PositionCheck>()
  const sources = createSources({ ...options, onStale: () => stale.look(options.clients()) })
  const stale = createStale(() => sources.staleSince())
  const figures: ReadBackFigures = { begun: 0, records: 0, bytes: 0 }
  const reading: ReadBackShare = {
    figures,
    budget: options.readBudget ?? createReadBudget(settings.resume.readBytesPerS, clock),
  }
  const judges = createJudges(options.compileFilter)

  const events = {
    ready(stream: Stream) {
      log.info({ connector: stream.connector }, 'sink ready')
    },
    gap(stream: Stream) {
      log.error({ connector: stream.connector }, 'records passed over, clients have to resume')
      endSubscriptions(stream)
    },
    upstream(stream: Stream) {
      stale.look(new Set([...stream.subscriptions].map((subscription) => subscription.client)))
    },
    detached(stream: Stream) {
      streams.delete(stream)
      endSubscriptions(stream)
    },
  }

  const port: HubPort = {
    complaints: (declared) => complaintsOf(declared, settings.namespaces),
    attachSink(attachment) {
      const patterns = attachment.templates.map(templatePattern)
      const { connector } = attachment
      const former = checkAttachment({ connector, patterns }, streams.keys(), settings.namespaces)
      checkBounds(attachment, patterns, settings.namespaces)
      // A task that hangs is left behind by its successor and cannot detach itself.
      for (const stream of former) stream.feed.detach()
      const stream = createStream({ ...options, attachment, patterns, sequence, events, reading })
      streams.set(stream, createPositionCheck(stream, keyring, { maxAgeMs: settings.position.maxAgeMs, clock }))
      return stream.feed
    },
    attachSource: (attachment) => sources.attach(attachment),
  }

  const past = createHubPast({
    settings,
    auth,
    clock,
    log,
    expensive: options.expensive,
    streamFor: (channel) => [...streams.keys()].find(({ patterns }) => patterns.some((each) => matches(each, channel))),
    checkFor: (stream) => streams.get(stream),
  })
  const route = (client: Client, request: SubscribeRequest): Stream | Refusal =>
    routeTo(client, request, { auth, limits, streams: streams.keys() })

  return {
    port,
    async subscribe(client, request) {
      let stream = route(client, request)
      if ('code' in stream) return stream
      const [before, resetAt] = [stream, stream.resetAt()]
      const begun = await past.begin(stream, request)
      if ('code' in begun) return begun
      if (begun.checked) {
        stream = route(client, request)
        if ('code' in stream) return stream
        if (stream !== before || stream.resetAt() !== resetAt)
          return refuse('unavailable', 'What serves this channel was restarted.', { retryAfter: 1000 })
      }
      // The one place for all that was waited for on the way here, a token's check included.
      if (client.closed) return undefined
      const { id, channels, asked, onJoined } = request
      const rules = settings.namespaces[namespaceOf(channels[0] ?? '')]
      if (!rules) return refuse('forbidden', 'The client may not subscribe to this channel.')
      const terms = grant(asked, { rules, attachment: stream.attachment, isWild: channels.some(isPattern) })
      if ('code' in terms) return terms
      const chosen = judgesOf(terms, stream.attachment.box, judges)
      if ('code' in chosen) return chosen
      const sent = joinStream({
        id,
        client,
        stream,
        channels,
        terms,
        rules,
        judges: chosen,
        checked: begun.checked,
        given: begun.position,
        now: clock.now(),
        expensive: options.expensive,
        onJoined,
      })
      if (typeof sent !== 'number') return sent
      options.fanOut.countDelivered(sent)
      stale.look([client])
      return undefined
    },
    update(client, { subscription: id, change, onUpdated }) {
      const subscription = client.subscriptions.get(id)
      if (!subscription) return refuse('unknown_subscription', `No subscription has the id ${id}.`)
      const { stream, channels } = subscription
      const rules = settings.namespaces[namespaceOf(channels[0]?.name ?? '')]
      if (!rules) return refuse('forbidden', 'The client may not subscribe to this channel.')
      const isWild = channels.some(({ view }) => view !== undefined)
      const terms = grant(changed(subscription.terms, change), { rules, attachment: stream.attachment, isWild })
      if ('code' in terms) return terms
      const chosen = judgesOf(terms, stream.attachment.box, judges)
      if ('code' in chosen) return chosen
      // What is on its way to it comes before.
      if (!subscription.pull) options.fanOut.flush()
      if (client.closed) return undefined
      const sent = updateSubscription(subscription, {
        terms,
        judges: chosen,
        selects: change.filter !== undefined || change.bbox !== undefined,
        hasSnapshot: rules.snapshots,
        now: clock.now(),
        expensive: options.expensive,
        onUpdated,
      })
      if (typeof sent !== 'number') return sent
      options.fanOut.countDelivered(sent)
      return undefined
    },
    filterCounts: () => judges.counts(),
    publish: sources.publish,
    isExactlyOnce: sources.isExactlyOnce,
    producerConnected: sources.producerConnected,
    producerDisconnected: sources.producerDisconnected,
    isReady: () => [...streams.keys()].every((stream) => stream.isReady()),
    welcome: (client) => stale.look([client]),
    streams: () => streams.keys(),
    readBack: () => figures,
    history: past.history,
    tick(now) {
      for (const stream of streams.keys()) tickStream(stream, settings, now)
    },
  }
}

const endSubscriptions = (stream: Stream): void => {
  for (const client of new Set([...stream.subscriptions].map((subscription) => subscription.client)))
    closeClient(client, 'detached')
}
