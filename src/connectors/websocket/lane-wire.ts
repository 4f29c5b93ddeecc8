import { ConnectError, type Ingress, type IngressAnswer } from '#api'

/** Both sides refuse another version: during a rolling upgrade doors go on trying until workers agree. */
const version = 1

/** Who publishes, as the lane tells producers' connections apart. */
export interface Sender {
  readonly client: string
  readonly session: string
  readonly producer?: string | undefined
}

/** A door's word to a lane: a producer has connected, or what a client published. */
export type LaneItem =
  | { readonly kind: 'claim'; readonly from: Sender }
  | { readonly kind: 'publish'; readonly from: Ingress }

export interface LaneCall {
  /** How many lanes the door knows; a lane of another count is another's. */
  readonly lanes: number
  /** The door that asks, for `callDoor`. */
  readonly url: string
  readonly items: readonly (LaneItem & { readonly term?: number | undefined })[]
}

/** `term` grows with each connection of a producer; the door brings it along from then on. */
export interface LaneAnswer {
  readonly answer: IngressAnswer
  readonly term?: number | undefined
}

const encode = (content: object): Buffer => Buffer.from(JSON.stringify({ v: version, ...content }))

export const encodeLaneCall = (call: LaneCall): Buffer => encode(call)
export const encodeLaneAnswers = (answers: readonly LaneAnswer[]): Buffer => encode({ answers })
/** A lane's word to a door: another connection of the producer came. */
export const encodeClosing = (session: string): Buffer => encode({ close: session })

/** Throws `ConnectError` for what is no call. */
export function decodeLaneCall(body: Buffer): LaneCall {
  const { lanes, url, items } = decode(body)
  if (!isId(lanes) || typeof url !== 'string' || !Array.isArray(items)) throw malformed('call')
  return {
    lanes,
    url,
    items: items.map((item: unknown) => {
      if (!isObject(item) || !isSender(item['from'])) throw malformed('call')
      const { kind, from, term } = item
      if (!isAbsentOr(isId, term)) throw malformed('call')
      if (kind === 'claim') return { kind, from, term }
      if (kind !== 'publish' || !isIngress(from)) throw malformed('call')
      return { kind, from, term }
    }),
  }
}

/** Throws `ConnectError` for what does not answer a call of `count` items. */
export function decodeLaneAnswers(body: Buffer, count: number): readonly LaneAnswer[] {
  const { answers } = decode(body)
  if (!Array.isArray(answers) || answers.length !== count) throw malformed('answer')
  return answers.map((each: unknown) => {
    if (!isObject(each) || !isAnswer(each['answer']) || !isAbsentOr(isId, each['term'])) throw malformed('answer')
    return { answer: each['answer'], term: each['term'] }
  })
}

export function decodeClosing(body: Buffer): string {
  const { close } = decode(body)
  if (typeof close !== 'string') throw malformed('call')
  return close
}

type Fields = Readonly<Record<string, unknown>>

function decode(body: Buffer): Fields {
  let content: unknown
  try {
    content = JSON.parse(body.toString('utf8'))
  } catch (cause) {
    throw new ConnectError('What came is no call between a door and a lane: it is not JSON.', { cause })
  }
  if (!isObject(content)) throw malformed('call')
  if (content['v'] === version) return content
  throw new ConnectError(
    `The other worker speaks version ${String(content['v'])} between doors and lanes, this one ${version}: bring all workers to one release.`,
  )
}

const malformed = (what: string): ConnectError => new ConnectError(`What came is no ${what} between a door and a lane.`)

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string'
const isId = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isAbsentOr = <T>(is: (value: unknown) => value is T, value: unknown): value is T | undefined =>
  value === undefined || is(value)

const isSender = (value: unknown): value is Sender =>
  isObject(value) && isText(value['client']) && isText(value['session']) && isAbsentOr(isText, value['producer'])

const isIngress = (value: unknown): value is Ingress =>
  isSender(value) &&
  'channel' in value &&
  isText(value.channel) &&
  'data' in value &&
  isText(value.data) &&
  'receivedAt' in value &&
  typeof value.receivedAt === 'number' &&
  isAbsentOr(isText, 'key' in value ? value.key : undefined) &&
  isAbsentOr(isId, 'messageId' in value ? value.messageId : undefined)

function isAnswer(value: unknown): value is IngressAnswer {
  if (!isObject(value)) return false
  const { ok, duplicate, coordinates, code, message, field, retryable, retryAfter } = value
  if (ok === true) {
    return (
      (duplicate === undefined || typeof duplicate === 'boolean') &&
      (coordinates === undefined ||
        (isObject(coordinates) &&
          isText(coordinates['topic']) &&
          isText(coordinates['offset']) &&
          isId(coordinates['partition'])))
    )
  }
  return (
    ok === false &&
    isText(code) &&
    isText(message) &&
    isAbsentOr(isText, field) &&
    typeof retryable === 'boolean' &&
    (retryAfter === undefined || typeof retryAfter === 'number')
  )
}
