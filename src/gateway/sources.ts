import type { Clock, GatewayPort, Ingress, IngressAnswer, Logger, SourceAttachment } from '#api'
import { checkAttachment } from './attach-check.ts'
import { channelProblem, matches, type Pattern, parsePattern } from './channels.ts'
import { type Refusal, refuse } from './codes.ts'
import type { GatewaySettings } from './settings.ts'
import type { Auth, Identity } from './who/auth.ts'

/** The attached sources: who takes over what clients publish. */
export interface Sources {
  attach: GatewayPort['attachSource']
  /** Never rejects. */
  publish(identity: Identity, request: PublishRequest): Promise<IngressAnswer>
  /** Whether all that may be published to now is exactly once. */
  isExactlyOnce(): boolean
  producerConnected(producer: ConnectedProducer): void
  producerDisconnected(session: string): void
  /** Since when (ms) what is published cannot be stored, by one of them at least. */
  staleSince(): number | undefined
}

export type PublishRequest = Pick<Ingress, 'channel' | 'data' | 'key' | 'messageId' | 'session' | 'producer'>

export type ConnectedProducer = Required<Pick<Ingress, 'client' | 'session' | 'producer'>>

export interface SourcesOptions {
  readonly settings: GatewaySettings
  readonly auth: Auth
  readonly clock: Clock
  readonly log: Logger
  /** The producer connected to another worker. */
  closeProducer(session: string): void
  /** `staleSince` may say something else now. */
  onStale(): void
}

interface Source {
  readonly connector: string
  readonly patterns: readonly Pattern[]
  readonly attachment: SourceAttachment
  staleSince: number | undefined
}

export function createSources({ settings, auth, clock, log, ...options }: SourcesOptions): Sources {
  const sources = new Set<Source>()

  const tell = (say: (source: SourceAttachment) => void): void => {
    for (const { connector, attachment } of sources) {
      try {
        say(attachment)
      } catch (error) {
        log.error({ connector, err: error }, 'source failed to hear of a producer')
      }
    }
  }

  return {
    attach(attachment) {
      const { connector } = attachment
      const patterns = attachment.channels.map(parsePattern)
      const former = checkAttachment({ connector, patterns }, sources, settings.namespaces)
      for (const source of former) sources.delete(source)
      const source: Source = { connector, patterns, attachment, staleSince: undefined }
      sources.add(source)
      const hear = (since: number | undefined): void => {
        source.staleSince = since
        options.onStale()
      }
      return {
        closeProducer: (session) => options.closeProducer(session),
        upstream: ({ reachable, since }) => hear(reachable ? undefined : since),
        detach() {
          if (sources.delete(source) && source.staleSince !== undefined) hear(undefined)
        },
      }
    },
    async publish(identity, request) {
      const { channel } = request
      const problem = channelProblem(channel, settings.limits.channelLength)
      if (problem !== undefined) return no(refuse('bad_channel', problem, { field: 'channel' }))
      if (!auth.allows(identity, 'publish', channel))
        return no(refuse('forbidden', 'The client may not publish to this channel.'))
      const source = [...sources].find(({ patterns }) => patterns.some((pattern) => matches(pattern, channel)))
      if (!source) return no(refuse('no_source', 'Nothing takes publications on this channel.'))
      try {
        return await source.attachment.publish({ ...request, client: identity.client, receivedAt: clock.now() })
      } catch (error) {
        log.error({ connector: source.connector, err: error }, 'source failed to take a publication')
        return no(refuse('internal', 'The gate failed to hand the message on.'))
      }
    },
    isExactlyOnce: () => sources.size > 0 && [...sources].every(({ attachment }) => attachment.exactlyOnce === true),
    producerConnected: (producer) => tell((source) => source.producerConnected?.(producer)),
    producerDisconnected: (session) => tell((source) => source.producerDisconnected?.(session)),
    staleSince() {
      const times = [...sources].flatMap(({ staleSince }) => (staleSince === undefined ? [] : [staleSince]))
      return times.length === 0 ? undefined : Math.min(...times)
    },
  }
}

const no = (refusal: Refusal): IngressAnswer => ({ ok: false, ...refusal })
