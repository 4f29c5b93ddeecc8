import type { SinkAttachment, SinkFeed, SourceAttachment } from '#api'
import type { HubPort } from '../../src/gateway/hub.ts'

/** A gate's port that keeps what is attached to it and what is said to it. */
export interface RecordingPort {
  readonly port: HubPort
  /** Attached and not detached. */
  readonly sinks: RecordedSink[]
  readonly sources: RecordedSource[]
}

export interface RecordedSink {
  readonly attachment: SinkAttachment
  readonly calls: Call[]
  /** `channel key data` of all that was published. */
  messages(): readonly (readonly [string, string | undefined, string | undefined])[]
}

export interface RecordedSource {
  readonly attachment: SourceAttachment
  /** What it was told of Kafka. */
  readonly upstream: { readonly reachable: boolean; readonly since: number }[]
}

export type Call = {
  [Name in keyof SinkFeed]: { readonly name: Name; readonly args: Parameters<SinkFeed[Name]> }
}[keyof SinkFeed]

export function recordingPort(onCloseProducer: (session: string) => void = () => undefined): RecordingPort {
  const sinks: RecordedSink[] = []
  const sources: RecordedSource[] = []
  const remove = <T>(all: T[], one: T): void => void all.splice(all.indexOf(one), 1)
  return {
    sinks,
    sources,
    port: {
      attachSink(attachment) {
        const calls: Call[] = []
        const sink: RecordedSink = {
          attachment,
          calls,
          messages: () =>
            calls.flatMap((call) =>
              call.name === 'publish'
                ? call.args[0].map(({ channel, key, data }): [string, string | undefined, string | undefined] => [
                    channel,
                    key,
                    data,
                  ])
                : [],
            ),
        }
        sinks.push(sink)
        return {
          open: (...args) => void calls.push({ name: 'open', args }),
          close: (...args) => void calls.push({ name: 'close', args }),
          remember: () => undefined,
          publish: (...args) => void calls.push({ name: 'publish', args }),
          ready: (...args) => void calls.push({ name: 'ready', args }),
          upstream: (...args) => void calls.push({ name: 'upstream', args }),
          detach: () => remove(sinks, sink),
        }
      },
      attachSource(attachment) {
        const source: RecordedSource = { attachment, upstream: [] }
        sources.push(source)
        return {
          closeProducer: onCloseProducer,
          upstream: (state) => void source.upstream.push(state),
          detach: () => remove(sources, source),
        }
      },
    },
  }
}
