import { ConfigError, ConnectError, DataError, messageOf, type Schema } from '#api'
import { compilePath } from './path.ts'
import { fitKey, fitMessage, readJson } from './read-json.ts'
import { asText, compileTemplate, type Resolve } from './template.ts'

export interface ValueOptions {
  readonly 'message.format': 'json' | 'text' | 'binary'
  /** Where in a message the array is whose elements become records; empty: the message is one record. */
  readonly records: string
  readonly key: string | null
}

/** What a key may name: the value of its record, the whole message, and what the system tells beside it. */
export interface MessageScope {
  readonly message: unknown
  readonly value: unknown
  readonly told: Readonly<Record<string, unknown>>
}

export interface TopicSchemas {
  readonly key: Schema | undefined
  readonly value: Schema | undefined
}

/** The parts of a record that a message decides. */
export interface MessageValue {
  readonly key: unknown
  readonly keySchema: Schema | undefined
  readonly value: unknown
  readonly valueSchema: Schema | undefined
}

/** Compiles `key`; `told` are the names of what the system tells beside a message, such as `topic`. */
export const compileMessageKey = (text: string, told: readonly string[] = []) =>
  compileTemplate(text, messageExpression(told), asText)

const messageExpression =
  (told: readonly string[]): Resolve<MessageScope> =>
  (expression) => {
    if (told.includes(expression)) return (scope) => scope.told[expression]
    const [, root, rest] = /^(message|value)(?:\.(.+))?$/.exec(expression) ?? []
    if (root === undefined) {
      const known = ['value', 'value.<path>', 'message', 'message.<path>', ...told]
      throw new ConfigError(`"#{${expression}}" names nothing of a message; known are ${known.join(', ')}.`)
    }
    const path = compilePath(rest ?? '')
    return root === 'message' ? ({ message }) => path(message) : ({ value }) => path(value)
  }

/** Turns a message into the values of its records; the function throws `DataError` for a message that cannot be used. */
export function compileValues(options: ValueOptions, told: readonly string[] = []) {
  const keyOf = options.key === null ? undefined : compileMessageKey(options.key, told)
  const elementsOf = compileElements(options.records)

  const keyed = (scope: MessageScope, schemas: TopicSchemas): MessageValue => {
    const key = keyOf ? keyOf(scope) : null
    return {
      key: fitKey(schemas.key, key),
      keySchema: key === null ? undefined : (schemas.key ?? { type: 'string' }),
      value: scope.value,
      valueSchema: schemas.value,
    }
  }

  return (data: Buffer, schemas: TopicSchemas, beside: MessageScope['told'] = {}): ReadMessage => {
    switch (options['message.format']) {
      case 'json': {
        const json = readJson(data.toString())
        const values = elementsOf(json).map((element, index) =>
          inElement(options.records, index, () =>
            keyed({ message: json, value: fitMessage(schemas.value, element), told: beside }, schemas),
          ),
        )
        return { json, values }
      }
      case 'text':
        return whole(data.toString(), { type: 'string' })
      case 'binary':
        return whole(data, { type: 'bytes' })
    }

    function whole(value: string | Buffer, schema: Schema): ReadMessage {
      const scope = { message: value, value, told: beside }
      return { json: undefined, values: [keyed(scope, { ...schemas, value: schema })] }
    }
  }
}

export interface ReadMessage {
  /** The parsed message, with the format `json`. */
  readonly json: unknown
  readonly values: readonly MessageValue[]
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
