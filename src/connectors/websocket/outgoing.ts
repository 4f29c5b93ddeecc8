import { type SinkRecord, toJson } from '#api'
import { compilePath } from '../common/path.ts'
import { coordinatesOf } from '../common/record-identity.ts'
import { recordExpression } from '../common/record-template.ts'
import { asJson, asText, compileTemplate, type Resolve } from '../common/template.ts'
import type { Outgoing } from './outbox.ts'

interface Scope {
  readonly record: SinkRecord
  readonly id: string
}

const messageExpression: Resolve<Scope> = (expression) => {
  if (expression === 'id') return ({ id }) => id
  const read = recordExpression(expression)
  return ({ record }) => read(record)
}

/** Compiles `message`: every `#{…}` becomes JSON. */
export const compileMessage = (text: string) => compileTemplate(text, messageExpression, asJson)

/** Compiles `ack.id`. */
export const compileId = (text: string) => compileTemplate(text, recordExpression, asText)

export interface OutgoingOptions {
  readonly message: string | null
  readonly ack: 'none' | 'id'
  readonly 'ack.id': string | null
  readonly 'ack.path': string
  readonly 'ack.error.path': string | null
}

/** What is sent for a record. The function throws `DataError` for a record without an id. */
export function compileOutgoing(options: OutgoingOptions): (record: SinkRecord) => Outgoing {
  const idOf = options['ack.id'] === null ? coordinatesOf : compileId(options['ack.id'])
  const textOf =
    options.message === null ? ({ record }: Scope) => toJson(record.value) : compileMessage(options.message)
  return (record) => {
    const id = idOf(record)
    return { record, text: textOf({ record, id }), id: options.ack === 'id' ? id : undefined }
  }
}

export interface Reply {
  readonly id: string
  /** What the other side says against the message, as text; undefined: it took it. */
  readonly refusal: string | undefined
}

/** Reads the endpoint's messages; undefined for one that is no acknowledgement. */
export function compileReply(options: OutgoingOptions): (text: string) => Reply | undefined {
  const idAt = compilePath(options['ack.path'])
  const errorAt = options['ack.error.path'] === null ? () => undefined : compilePath(options['ack.error.path'])
  return (text) => {
    const reply = tryParse(text)
    const id = idAt(reply)
    if (typeof id !== 'string' && typeof id !== 'number') return undefined
    const error = errorAt(reply) ?? false
    const refusal = error === false ? undefined : typeof error === 'string' ? error : toJson(error)
    return { id: String(id), refusal }
  }
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Endpoints also say things that are not JSON; those acknowledge nothing.
    return undefined
  }
}
