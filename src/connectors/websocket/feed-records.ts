import { DataError, type SourceRecord } from '#api'
import { compileValues, type MessageValue, type TopicSchemas, type ValueOptions } from '../common/message-values.ts'
import { compilePath } from '../common/path.ts'
import { readJson } from '../common/read-json.ts'
import type { Cursor } from './cursor.ts'
import type { FeedMessage } from './feed-buffer.ts'

export interface FeedOptions extends ValueOptions {
  readonly topic: string
  readonly 'cursor.path': string | null
}

/** Turns a feed's messages into records; both functions throw `DataError` for a message that cannot be used. */
export function compileFeed(options: FeedOptions, sourcePartition: Readonly<Record<string, unknown>>) {
  const cursorPath = options['cursor.path']
  const cursorAt = cursorPath === null ? undefined : compilePath(cursorPath)
  const valuesOf = compileValues(options)

  const cursorIn = (json: unknown): Cursor => {
    const cursor = cursorAt?.(json) ?? null
    if (typeof cursor === 'string' || cursor === null || Number.isSafeInteger(cursor)) return cursor as Cursor
    throw new DataError(`The cursor at "${cursorPath}" must be a string or an integer below 2^53.`, {
      context: { field: cursorPath },
    })
  }

  const record = (message: FeedMessage, value: MessageValue, cursor: Cursor): SourceRecord => ({
    ...value,
    topic: options.topic,
    timestamp: message.receivedAt,
    headers: [],
    path: [],
    sourcePartition,
    sourceOffset: cursor === null ? {} : { cursor },
  })

  return {
    /** The cursor of a message, null when it has none. */
    cursorOf: (message: FeedMessage): Cursor => (cursorAt ? cursorIn(readJson(message.data.toString())) : null),
    /** The records of a message that follows the cursor `before`, and the cursor behind it. */
    read(message: FeedMessage, schemas: TopicSchemas, before: Cursor) {
      const { json, values } = valuesOf(message.data, schemas)
      const cursor = cursorIn(json) ?? before
      // Only with its last record is a message done: until then the feed continues before it.
      const records = values.map((value, index) =>
        record(message, value, index === values.length - 1 ? cursor : before),
      )
      return { records, cursor }
    },
  }
}
