import { createHash } from 'node:crypto'
import { DataError, type SinkRecord, toJson } from '#api'
import { coordinatesOf } from '../common/record-identity.ts'
import { compileKey, keyText, recordExpression } from '../common/record-template.ts'
import { asJson, compileTemplate, type Resolve } from '../common/template.ts'
import type { WebhookRequest } from './endpoint.ts'
import { compileUrl } from './url.ts'

/** A message on its way to its endpoint. */
export interface WebhookMessage {
  readonly url: string
  /** Names the message for good. */
  readonly id: string
  readonly text: string
  readonly bytes: number
  readonly lane: number
}

interface OutgoingOptions {
  readonly url: string
  readonly message: string | null
  readonly 'message.key': string | null
  readonly 'batch.max.records': number
  readonly 'batch.max.bytes': number
  readonly 'max.in.flight.requests': number
}

/** A record's coordinates; Standard Webhooks allows no full stop in an id, which `~`, never in a topic's name, stands for. */
const idOf = (record: SinkRecord): string => coordinatesOf(record).replaceAll('.', '~')

const messageExpression: Resolve<SinkRecord> = (expression) =>
  expression === 'id' ? idOf : recordExpression(expression)

/** Compiles `message`: every `#{…}` becomes JSON. */
export const compileMessage = (text: string) => compileTemplate(text, messageExpression, asJson)

/** Makes the message of a record; the function throws `DataError`. */
export function compileOutgoing(options: OutgoingOptions): (record: SinkRecord) => WebhookMessage {
  const { 'batch.max.bytes': maxBytes, 'max.in.flight.requests': lanes } = options
  const around = options['batch.max.records'] > 1 ? 2 : 0
  const urlOf = compileUrl(options.url)
  const textOf =
    options.message === null ? ({ value }: SinkRecord) => toJson(value ?? null) : compileMessage(options.message)
  const keyOf =
    options['message.key'] === null ? ({ key }: SinkRecord) => keyText(key) : compileKey(options['message.key'])
  return (record) => {
    const text = textOf(record)
    const bytes = Buffer.byteLength(text)
    if (bytes + around > maxBytes) {
      throw new DataError(
        `The message has ${bytes} bytes, which is more than batch.max.bytes (${maxBytes}) has room for.`,
      )
    }
    const key = keyOf(record) ?? `${record.origin.topic}-${record.origin.partition}`
    return { url: urlOf(record), id: idOf(record), text, bytes, lane: hashOf(key) % lanes }
  }
}

/** Cuts messages of a lane into requests: as many in one as may be, all for one URL. */
export function cutIntoRequests(
  messages: readonly WebhookMessage[],
  { 'batch.max.records': maxRecords, 'batch.max.bytes': maxBytes }: OutgoingOptions,
): readonly (readonly WebhookMessage[])[] {
  const groups: WebhookMessage[][] = []
  let group: WebhookMessage[] = []
  let bytes = 0
  for (const message of messages) {
    // With its comma, after the two brackets.
    const grown = bytes + message.bytes + 1
    if (group.length === 0 || group.length === maxRecords || group[0]?.url !== message.url || grown > maxBytes) {
      groups.push((group = [message]))
      bytes = message.bytes + 2
    } else {
      group.push(message)
      bytes = grown
    }
  }
  return groups
}

/** The request of a group: an array where `isArray`, named after what is in it. */
export function requestOf(group: readonly WebhookMessage[], isArray: boolean): WebhookRequest {
  const [first] = group
  if (!first) throw new Error('A request has a message.')
  const id = group.length === 1 ? first.id : idOfAll(group.map((message) => message.id))
  return { url: first.url, id, body: isArray ? `[${group.map(({ text }) => text).join(',')}]` : first.text }
}

/** An endpoint that drops what it knows by its id must not drop more than it knows: a batch may be cut otherwise after a restart. */
const idOfAll = (ids: readonly string[]): string =>
  `${ids[0]}-x${ids.length}-${createHash('sha256').update(ids.join(' ')).digest('hex').slice(0, 16)}`

/** Any number that one text always has (djb2). */
function hashOf(text: string): number {
  let hash = 5381
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 33) ^ text.charCodeAt(index)) >>> 0
  return hash
}
