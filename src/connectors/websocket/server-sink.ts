import {
  all,
  atLeast,
  ConfigError,
  type ConfigOf,
  DataError,
  defineConfig,
  defineSink,
  nonEmpty,
  type Publication,
  type SinkPast,
  type SinkRecord,
  type TopicPast,
  toJson,
} from '#api'
import { compileKey, keyText, recordExpressions } from '../common/record-template.ts'
import { compiles } from '../common/template.ts'
import { compileChannel } from './channel-template.ts'
import { ruleOf } from './rule.ts'

const twoPaths = (value: readonly string[]): string | undefined => {
  if (value.length === 0) return undefined
  const isPath = (text: string): boolean => /^[^.]+(\.[^.]+)*$/.test(text)
  if (value.length === 2 && value.every(isPath) && value[0] !== value[1]) return undefined
  return 'must be two different paths, such as "lat, long"'
}

const config = defineConfig({
  channel: {
    type: 'list',
    importance: 'high',
    doc: `The channels that each record is published to: templates such as \`bus:#{value.id}\`, separated by commas. Between \`#{\` and \`}\` may stand ${recordExpressions}. The first segment is constant and names the namespace. Inserted values are percent-encoded outside A–Z a–z 0–9 . _ ~ -, and a channel has at most 255 characters. A record without the value that a template names is an errant record, so a tombstone reaches only channels made of its key, headers or coordinates.`,
    validator: all(nonEmpty, compiles(compileChannel)),
  },
  'message.key': {
    type: 'string',
    importance: 'high',
    default: null,
    doc: "What a message is about, for snapshots and for conflation: a path such as `value.id` or a template such as `#{value.route}/#{value.id}`. The default is the record's own key as text. It must be set behind `Split`, whose records all have the same key.",
    validator: all(nonEmpty, compiles(compileKey)),
  },
  delivery: {
    type: 'string',
    importance: 'medium',
    default: null,
    values: ['every', 'latest', 'batch'],
    doc: "What a subscription gets that asks for nothing else. `every`, as where nothing is set: all messages. `latest`: what a newer message of the same key replaced is left out for a client that is not fast enough. `batch`: what came together for a key is sent together. The namespace's `deliveries` must allow it.",
  },
  'box.fields': {
    type: 'list',
    importance: 'medium',
    default: [],
    doc: 'Two fields of the messages that hold numbers, as paths such as `lat, long` or `position.lat, position.long`: clients may ask for what lies in a box over them (`bbox`), and move it. None: there are no boxes here.',
    validator: twoPaths,
  },
  'snapshot.expire.ms': {
    type: 'long',
    importance: 'medium',
    default: 0,
    doc: 'A snapshot forgets what was not updated for this long, and subscribers are told that it is gone. 0: never.',
    validator: atLeast(0),
  },
  'snapshot.max.bytes': {
    type: 'long',
    importance: 'low',
    default: 67_108_864,
    doc: 'The most bytes of the snapshot that is kept of these channels; beyond it snapshots are refused.',
    validator: atLeast(0),
  },
  'snapshot.max.entries': {
    type: 'int',
    importance: 'low',
    default: 100_000,
    doc: 'The most keys of the snapshot that is kept of these channels; beyond it snapshots are refused.',
    validator: atLeast(0),
  },
  'window.max.bytes': {
    type: 'long',
    importance: 'medium',
    default: 16_777_216,
    doc: 'The most bytes of recent messages that are kept in memory for clients that come back with a position.',
    validator: atLeast(0),
  },
  'window.max.age.ms': {
    type: 'long',
    importance: 'medium',
    default: 300_000,
    doc: 'How long messages are kept in memory for clients that come back with a position, from when this worker read them, however old they were then.',
    validator: atLeast(0),
  },
  'window.warm.ms': {
    type: 'long',
    importance: 'medium',
    default: 300_000,
    doc: 'How far back a worker reads the topics at least when it starts, to fill the window again before clients are let in. The snapshot may need more, and then more is read: `snapshot.expire.ms`, or all when that is 0 (see `snapshot.warm.from`).',
    validator: atLeast(0),
  },
  'snapshot.warm.from': {
    type: 'string',
    values: ['earliest', 'window'],
    importance: 'medium',
    default: 'earliest',
    doc: 'What a worker reads at its start to fill a snapshot that forgets nothing (`snapshot.expire.ms` is 0). `earliest`: all that the topics hold, so that no key is missing; the start takes as long as that takes to read, and clients are let in only then, so keep such topics compacted or short. `window`: `window.warm.ms` only; a key that was not updated since is missing until its next record.',
  },
})

/** Publishes records on the channels of this worker's gateway. */
export const webSocketServerSink = defineSink({
  name: 'WebSocketServerSink',
  version: '1.0.0',
  doc: "Publishes the records of Kafka topics on the gateway's channels, to every client that has subscribed over WebSocket or SSE. Each worker reads all partitions, so that it serves every channel. A message is told by its position, with which a client that comes back continues.",
  config,
  placement: 'everyWorker',
  warmMs(options) {
    // What was alive when the window begins must have been read, so that a resume learns of its end.
    if (options['snapshot.expire.ms'] > 0) return options['window.warm.ms'] + options['snapshot.expire.ms']
    return options['snapshot.warm.from'] === 'window' ? options['window.warm.ms'] : -1
  },

  check(options, props, gateway) {
    const splits = Object.entries(props).some(
      ([name, type]) => /^transforms\..+\.type$/.test(name) && /(^|\.)Split$/.test(type ?? ''),
    )
    const unkeyed = splits && options['message.key'] === null ? [{ key: 'message.key', error: keyNeeded }] : []
    return [...unkeyed, ...(gateway?.complaints?.(declaredOf(options)) ?? [])]
  },

  preview(options, records) {
    const publications: Publication[] = []
    const publicationsOf = compilePublications(options)
    for (const record of records) publicationsOf(record, publications)
    return publications.map(({ channel, data }) => (data === undefined ? { channel } : { channel, message: data }))
  },

  startTask(context) {
    const options = context.config
    if (!context.gateway) {
      throw new ConfigError('WebSocketServerSink needs a gateway, and this worker runs none: switch its gateway on.')
    }
    const publicationsOf = compilePublications(options)
    const feed = context.gateway.attachSink({
      connector: context.connector,
      ...declaredOf(options),
      rule: ruleOf(context.props),
      identity: {
        clusterId: () => context.clusterId(),
        timestampAt: (partition, offset) => context.timestampAt(partition, offset),
      },
      box: boxOf(options['box.fields']),
      past: pastOf(context.past, publicationsOf),
    })
    return {
      open: (partitions) => feed.open(partitions),
      close: (partitions) => feed.close(partitions),
      put(records, progress) {
        const publications: Publication[] = []
        let reports: Promise<void>[] | undefined
        for (const record of records) {
          const before = publications.length
          try {
            publicationsOf(record, publications)
          } catch (error) {
            publications.length = before
            reports ??= []
            reports.push(context.reportErrant(record, error))
          }
        }
        if (!reports) return feed.publish(publications, progress)
        return Promise.all(reports).then(() => feed.publish(publications, progress))
      },
      caughtUp: () => feed.ready(),
      upstream: (state) => feed.upstream(state),
      stop: () => feed.detach(),
    }
  },
})

/** What the namespaces of its channels have to allow. */
const declaredOf = (options: ConfigOf<typeof config>) => ({
  templates: options.channel,
  snapshot: {
    expireMs: options['snapshot.expire.ms'],
    maxBytes: options['snapshot.max.bytes'],
    maxEntries: options['snapshot.max.entries'],
  },
  window: { maxBytes: options['window.max.bytes'], maxAgeMs: options['window.max.age.ms'] },
  delivery: options.delivery ?? undefined,
})

/** The topics read back as what was published of them; an errant record is left out, as it was then. */
function pastOf(past: TopicPast, publicationsOf: ReturnType<typeof compilePublications>): SinkPast {
  return {
    bounds: () => past.bounds(),
    offsetsAt: (timestamp) => past.offsetsAt(timestamp),
    async *read(ranges, signal) {
      for await (const { records, progress, bytes } of past.replay(ranges, signal)) {
        const publications: Publication[] = []
        for (const record of records) {
          const before = publications.length
          try {
            publicationsOf(record, publications)
          } catch {
            // Reported when it was new.
            publications.length = before
          }
        }
        yield { publications, progress, bytes }
      }
    },
  }
}

const boxOf = ([first, second]: readonly string[]): readonly [string, string] | undefined =>
  first !== undefined && second !== undefined ? [first, second] : undefined

const keyNeeded =
  'must be set behind Split, whose records all have the same key: name what tells them apart, such as value.id'

/** Appends a record's publications to `into`, its value serialised once for all its channels. Throws `DataError`. */
function compilePublications(options: ConfigOf<typeof config>): (record: SinkRecord, into: Publication[]) => void {
  const channels = options.channel.map(compileChannel)
  const messageKey = options['message.key'] === null ? undefined : compileKey(options['message.key'])
  return (record, into) => {
    if (!messageKey && record.path.length > 0) throw new DataError(`"message.key" ${keyNeeded}.`)
    const key = messageKey ? messageKey(record) : keyText(record.key)
    const data = record.value === null || record.value === undefined ? undefined : toJson(record.value)
    for (const channelOf of channels) {
      into.push({ channel: channelOf(record), key, data, origin: record.origin, path: record.path })
    }
  }
}
