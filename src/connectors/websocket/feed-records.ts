import { ConfigError, ConnectError, DataError, messageOf, type Schema, type SourceRecord } from '#api'
import type { Cursor } from './cursor.ts'
import type { FeedMessage } from './feed-buffer.ts'
import { compilePath } from './path.ts'
import { fitKey, fitMessage, readJson } from './read-json.ts'
import { asText, compileTemplate, type Resolve } from './template.ts'

export interface FeedOptions {
  readonly topic: string
  readonly 'message.format': 'json' | 'text' | 'binary'
  readonly records: string
  readonly key: string | null
  readonly 'cursor.path': string | null
}

interface Scope {
  readonly message: unknown
  readonly value: unknown
}

const feedExpression: Resolve<Scope> = (expression) => {
  const [, root, rest] = /^(message|value)(?:\.(.+))?$/.exec(expression) ?? []
  if (root === undefined) {
    throw new ConfigError(
      `"#{${expression}}" names nothing of a feed; known are value, value.<path>, message, message.<path>.`,
    )
  }
  const path = compilePath(rest ?? '')
  return root === 'message' ? ({ message }) => path(message) : ({ value }) => path(value)
}

/** Compiles `key`. */
export const compileFeedKey = (text: string) => compileTemplate(text, feedExpression, asText)

export interface FeedSchemas {
  readonly key: Schema | undefined
  readonly value: Schema | undefined
}

/** Turns a feed's messages into records; both functions throw `DataError` for a message that cannot be used. */
export function compileFeed(options: FeedOptions, sourcePartition: Readonly<Record<string, unknown>>) {
  const cursorPath = options['cursor.path']
  const cursorAt = cursorPath === null ? undefined : compilePath(cursorPath)
  const keyOf = options.key === null ? undefined : compileFeedKey(options.key)
  const elementsOf = compileElements(options.records)

  const cursorIn = (json: unknown): Cursor => {
    const cursor = cursorAt?.(json) ?? null
    if (typeof cursor === 'string' || cursor === null || Number.isSafeInteger(cursor)) return cursor as Cursor
    throw new DataError(`The cursor at "${cursorPath}" must be a string or an integer below 2^53.`, {
      context: { field: cursorPath },
    })
  }

  const record = (message: FeedMessage, value: unknown, schemas: FeedSchemas, key: string | null, cursor: Cursor) => ({
    topic: options.topic,
    key: fitKey(schemas.key, key),
    keySchema: key === null ? undefined : (schemas.key ?? ({ type: 'string' } as const)),
    value,
    valueSchema: schemas.value,
    timestamp: message.receivedAt,
    headers: [],
    path: [],
    sourcePartition,
    sourceOffset: cursor === null ? {} : { cursor },
  })

  const fromJsonText = (message: FeedMessage, schemas: FeedSchemas, before: Cursor) => {
    const json = readJson(message.data.toString())
    const cursor = cursorIn(json) ?? before
    const elements = elementsOf(json)
    const records: SourceRecord[] = elements.map((element, index) =>
      inElement(options.records, index, () => {
        const value = fitMessage(schemas.value, element)
        const key = keyOf ? keyOf({ message: json, value: element }) : null
        // Only with its last record is a message done: until then the feed continues before it.
        return record(message, value, schemas, key, index === elements.length - 1 ? cursor : before)
      }),
    )
    return { records, cursor }
  }

  return {
    /** The cursor of a message, null when it has none. */
    cursorOf: (message: FeedMessage): Cursor => (cursorAt ? cursorIn(readJson(message.data.toString())) : null),
    /** The records of a message that follows the cursor `before`, and the cursor behind it. */
    read(message: FeedMessage, schemas: FeedSchemas, before: Cursor) {
      switch (options['message.format']) {
        case 'json':
          return fromJsonText(message, schemas, before)
        case 'text': {
          const text = { ...schemas, value: { type: 'string' } as const }
          return { records: [record(message, message.data.toString(), text, null, null)], cursor: before }
        }
        case 'binary': {
          const bytes = { ...schemas, value: { type: 'bytes' } as const }
          return { records: [record(message, message.data, bytes, null, null)], cursor: before }
        }
      }
    },
  }
}

/** The elements that become records. A message without them has none: feeds also greet and confirm. */
function compileElements(records: string): (json: unknown) => readonly unknown[] {
  if (records === '') return (json) => [json]
  const name = records.replace(/\[\]$/, '')
  const path = compilePath(name)
  return (json) => {
    const elements = path(json)
    if (Array.isArray(elements)) return elements
    if (elements === undefined) return []
    throw new DataError(name === '' ? 'The message must be an array.' : `"${name}" must be an array.`, {
      context: { field: name },
    })
  }
}

/** Says of an error in which element it happened. */
function inElement<T>(records: string, index: number, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (records === '' || !ConnectError.is(error)) throw error
    const { field } = error.context
    const place = `${records.replace(/\[\]$/, '')}[${index}]`
    throw new DataError(`In ${place}: ${messageOf(error)}`, {
      cause: error,
      context: { field: typeof field === 'string' && field !== '' ? `${place}.${field}` : place },
    })
  }
}
