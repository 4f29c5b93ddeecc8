import {
  all,
  atLeast,
  type ConfigComplaint,
  ConnectError,
  defineConfig,
  defineSource,
  isRetriable,
  messageOf,
  nonEmpty,
  type SourceRecord,
} from '#api'
import { badMessage, createSkips } from '../common/bad-messages.ts'
import { publicAddress } from '../common/http-words.ts'
import { compileMessageKey, type TopicSchemas } from '../common/message-values.ts'
import { createSchemaCache } from '../common/schema-cache.ts'
import { compiles } from '../common/template.ts'
import { connectionKeys, isWebSocketUrl } from './connection-config.ts'
import { type Cursor, compileSubscribe, hasCursor } from './cursor.ts'
import { startFeedReader } from './feed-reader.ts'
import { compileFeed } from './feed-records.ts'

/** A poll hands out about this much, so that what is on its way to Kafka is bounded too. */
const maxBatch = { records: 500, bytes: 1_048_576 }
const idleMs = 1000

const config = defineConfig({
  uri: {
    type: 'string',
    importance: 'high',
    doc: 'The feed, such as `wss://example.com/feed?since=#{cursor}`. `#{cursor}` is replaced by the cursor, percent-encoded, and by nothing while there is none.',
    validator: isWebSocketUrl,
  },
  topic: { type: 'string', importance: 'high', doc: 'The topic that the records go to.', validator: nonEmpty },
  subscribe: {
    type: 'string',
    importance: 'high',
    default: null,
    doc: 'What is sent after each connect: one text, or a JSON array of several messages, whose strings are sent as they are and whose other members as JSON. A JSON string that is `#{cursor}` alone becomes the cursor with its type (null while there is none); inside a longer text it is inserted.',
    validator: compiles(compileSubscribe),
  },
  'message.format': {
    type: 'string',
    importance: 'medium',
    default: 'json',
    values: ['json', 'text', 'binary'],
    doc: 'What the messages are. JSON is fitted to the schema of the topic; a text becomes a string and a binary message bytes.',
  },
  records: {
    type: 'string',
    importance: 'medium',
    default: '',
    doc: 'With JSON: where in a message the array is whose elements become records, such as `entity`; `[]` when the message itself is that array. A message without it gives no record. Empty: each message is one record.',
  },
  key: {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: "With JSON: the record's key, such as `#{value.id}`. Between `#{` and `}` may stand value, value.<path>, message, message.<path>. Without it records have no key.",
    validator: all(
      nonEmpty,
      compiles((text) => compileMessageKey(text)),
    ),
  },
  'cursor.path': {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: 'With JSON: where in a message its cursor is, such as `meta.seq`. It is stored as the source offset and given back on reconnect where `uri` or `subscribe` say `#{cursor}`. Without it nothing is known of what a feed sent while it was not read; the status counts such stretches under `gaps`.',
    validator: nonEmpty,
  },
  'cursor.initial': {
    type: 'string',
    importance: 'low',
    default: null,
    doc: 'The cursor to begin with while none is stored.',
  },
  'schema.fit': {
    type: 'boolean',
    importance: 'medium',
    default: true,
    doc: "Whether a record must fit the schema of its topic's values as it comes. Switch it off when transformations give it another shape: then only what comes out of them is checked, by the converter.",
  },
  'idle.timeout.ms': {
    type: 'int',
    importance: 'medium',
    default: 60_000,
    doc: 'When no message has come for this long the connection is made anew. 0: never.',
    validator: atLeast(0),
  },
  'buffer.max.bytes': {
    type: 'long',
    importance: 'medium',
    default: 8_388_608,
    doc: 'How much is kept in memory while Kafka does not take it; beyond it the socket is not read until half of it is gone.',
    validator: atLeast(1),
  },
  'message.max.bytes': {
    type: 'int',
    importance: 'medium',
    default: 4_194_304,
    doc: 'The longest message; a longer one breaks the connection.',
    validator: atLeast(1),
  },
  ...connectionKeys,
})

/** Reads a remote WebSocket feed. */
export const webSocketClientSource = defineSource({
  name: 'WebSocketClientSource',
  version: '1.0.0',
  doc: 'Connects to a WebSocket feed and writes its messages to a topic: one record for each message, or for each element of an array in it. A message that does not fit fails the task with the field and the beginning of the message; with `errors.tolerance=all` it is logged, counted in the status under `skipped` and left out. The source partition is `{uri}` (without user, password and query), the source offset `{cursor}`, or `{}` for a feed without one.',
  config,

  check(options) {
    const complaints: ConfigComplaint[] = []
    const gives = hasCursor(options.uri) || hasCursor(options.subscribe)
    if (gives !== (options['cursor.path'] !== null)) {
      complaints.push({
        key: 'cursor.path',
        error: gives
          ? 'must say where the cursor is, since uri or subscribe ask for #{cursor}'
          : 'is of no use while neither uri nor subscribe contain #{cursor}',
      })
    }
    for (const key of ['records', 'key', 'cursor.path'] as const) {
      if (options['message.format'] !== 'json' && options[key])
        complaints.push({ key, error: 'needs message.format=json' })
    }
    return complaints
  },

  async startTask(context) {
    const { config: options, clock, log, signal } = context
    const partition = { uri: publicAddress(options.uri) }
    const tolerant = context.props['errors.tolerance'] === 'all'
    const feed = compileFeed(options, partition)
    const valueSchema = createSchemaCache((topic) => context.valueSchema(topic), clock, log)
    const keySchema = createSchemaCache((topic) => context.keySchema(topic), clock, log)
    const stored = (await context.offsets.offset(partition))?.['cursor']
    let cursor: Cursor = typeof stored === 'string' || typeof stored === 'number' ? stored : options['cursor.initial']
    const skips = createSkips(clock, log)

    const tell = (facts: Readonly<Record<string, string>> = {}) =>
      context.report({ ...reader.facts(), ...skips.facts(), ...facts })
    const reader = startFeedReader({
      settings: options,
      clock,
      log,
      cursorOf: feed.cursorOf,
      cursor: () => cursor,
      changed: () => tell(),
    })

    const fits = options['schema.fit'] && options['message.format'] === 'json'
    let waiting = false

    /** Undefined while the registry is away: the messages wait in the buffer, and then in the feed. */
    const schemasOf = async (): Promise<TopicSchemas | undefined> => {
      try {
        const value = fits ? await valueSchema(options.topic) : undefined
        const key = options.key === null ? undefined : await keySchema(options.topic)
        if (waiting) tell()
        waiting = false
        return { key, value }
      } catch (error) {
        if (!isRetriable(error)) throw error
        waiting = true
        tell({ waiting: messageOf(error) })
        await clock.sleep(idleMs, signal)
        return undefined
      }
    }

    return {
      async poll() {
        if (!reader.peek()) await reader.wait(idleMs, signal)
        if (signal.aborted || !reader.peek()) return []
        const schemas = await schemasOf()
        if (!schemas) return []
        const records: SourceRecord[] = []
        let bytes = 0
        for (;;) {
          const message = reader.peek()
          if (!message || records.length >= maxBatch.records || bytes >= maxBatch.bytes) break
          try {
            const read = feed.read(message, schemas, cursor)
            cursor = read.cursor
            for (const record of read.records) records.push(record)
          } catch (error) {
            if (!ConnectError.is(error)) throw error
            // What came before it goes to Kafka first; the next poll meets it again.
            if (!tolerant && records.length > 0) break
            if (!tolerant) throw badMessage(error, message)
            if (skips.add(error, message)) tell()
          }
          bytes += message.data.length
          reader.shift()
        }
        return records
      },
      stop: () => reader.stop(),
    }
  },
})
