import { type Static, type TSchema, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { maxAskMs, maxFrom } from './asking.ts'
import { LinkError } from './link-error.ts'

/** The messages of a link but its batches, as schemas: types and checks are made from here. */

const { Object: object, Optional: optional, Literal: literal, Array: list } = Type
const [text, number, flag, bigint] = [Type.String(), Type.Number(), Type.Boolean(), Type.BigInt()]
const partition = { topic: text, partition: Type.Integer({ minimum: 0 }) }
/** Absent or undefined, which is the same to whoever reads the text. */
const maybe = <S extends TSchema>(schema: S) => optional(Type.Union([schema, Type.Undefined()]))
const place = object({ ...partition, offset: bigint })
const opened = object({ ...partition, offset: bigint, timestampBefore: maybe(number), topicId: maybe(text) })
const upstream = object({ reachable: flag, since: number })

const hello = object({
  t: literal('hello'),
  /** Ends that do not speak the same version part again, and say so. */
  version: number,
  role: Type.Union([literal('worker'), literal('gate')]),
  /** Who it is, for logs. */
  name: text,
})

const attachment = object({
  templates: list(text),
  rule: text,
  snapshot: object({ expireMs: number, maxBytes: number, maxEntries: number }),
  window: object({ maxBytes: number, maxAgeMs: number }),
  box: optional(Type.Tuple([text, text])),
  delivery: optional(Type.Union([literal('every'), literal('latest'), literal('batch')])),
})

const ingress = object({
  channel: text,
  data: text,
  key: maybe(text),
  messageId: maybe(number),
  client: text,
  session: text,
  producer: maybe(text),
  receivedAt: number,
})

/** `body`: base64. */
const question = object({
  id: Type.String({ maxLength: 64 }),
  what: Type.String({ maxLength: 64 }),
  body: Type.String({ maxLength: 1_048_576 }),
  timeoutMs: Type.Number({ minimum: 0, maximum: maxAskMs }),
  from: Type.Unsafe<readonly string[]>(Type.Array(Type.String({ maxLength: 256 }), { maxItems: maxFrom })),
})

const revocation = object({
  id: text,
  of: Type.Union([
    object({ kind: literal('user'), user: text }),
    object({ kind: literal('session'), session: text }),
    object({ kind: literal('token'), token: text }),
    object({ kind: literal('channels'), channels: text, user: maybe(text) }),
  ]),
  at: number,
  until: maybe(number),
  reason: maybe(text),
})

const toGate = Type.Union([
  hello,
  /** A sink is there to be taken. `isNew`: it was attached while the link was there. */
  object({ t: literal('sink'), sink: number, connector: text, attachment, hasPast: flag, isNew: flag }),
  /** What was asked for by `take` follows: from where the gate's stream ended, or from the worker's floor. */
  object({
    t: literal('begin'),
    sink: number,
    continues: flag,
    stamp: text,
    open: list(opened),
    /** When (ms) what lies before the floor and is not among the seeds may have vanished last; absent: as reading from there tells. */
    vanishedAt: optional(number),
    upstream: optional(upstream),
  }),
  object({ t: literal('open'), sink: number, open: list(opened), stamp: text }),
  object({ t: literal('close'), sink: number, partitions: list(object(partition)) }),
  object({ t: literal('ready'), sink: number }),
  object({ t: literal('upstream'), sink: number, state: upstream }),
  object({ t: literal('detach'), sink: number }),
  object({
    t: literal('source'),
    source: number,
    connector: text,
    channels: list(text),
    exactlyOnce: flag,
    upstream: optional(upstream),
  }),
  /** Whether what clients publish can be stored. */
  object({ t: literal('sourceUpstream'), source: number, state: upstream }),
  object({ t: literal('sourceGone'), source: number }),
  object({ t: literal('closeProducer'), session: text }),
  /** All connectors that the worker has were offered. */
  object({ t: literal('started') }),
  object({ t: literal('answer'), call: number, value: optional(Type.Unknown()) }),
  object({ t: literal('failure'), call: number, message: text, retriable: flag }),
  object({ t: literal('ask'), call: number, question }),
  /** All that is revoked, in pages; what a gate holds beside it has ended. */
  object({ t: literal('revocations'), page: list(revocation), isFirst: flag, isLast: flag }),
  object({ t: literal('revoked'), revocation }),
  object({ t: literal('revocationEnded'), id: text }),
])

const toWorker = Type.Union([
  hello,
  /** `state`: the gate's stream goes on where it stands. */
  object({
    t: literal('take'),
    sink: number,
    state: optional(
      object({
        stamp: text,
        partitions: list(
          object({ ...partition, offset: bigint, timestamp: optional(number), topicId: optional(text) }),
        ),
      }),
    ),
  }),
  object({ t: literal('leave'), sink: number }),
  object({ t: literal('clusterId'), call: number, sink: number }),
  object({ t: literal('timestampAt'), call: number, sink: number, at: place }),
  object({ t: literal('bounds'), call: number, sink: number }),
  object({ t: literal('offsetsAt'), call: number, sink: number, timestamp: number }),
  object({
    t: literal('read'),
    call: number,
    sink: number,
    ranges: list(object({ ...partition, from: bigint, to: bigint })),
  }),
  /** Takes one more batch of what `call` reads. */
  object({ t: literal('more'), call: number }),
  object({ t: literal('cancel'), call: number }),
  object({ t: literal('publish'), call: number, source: number, ingress }),
  /** The token of a session that was revoked: all that a gate may revoke. */
  object({
    t: literal('revokeToken'),
    call: number,
    token: Type.String({ minLength: 1, maxLength: 8192 }),
    until: maybe(number),
    reason: maybe(Type.String({ maxLength: 1024 })),
  }),
  object({ t: literal('producer'), session: text, client: text, producer: text }),
  object({ t: literal('producerGone'), session: text }),
  object({ t: literal('answer'), call: number, value: optional(Type.Unknown()) }),
  object({ t: literal('failure'), call: number, message: text, retriable: flag }),
  object({ t: literal('ask'), call: number, question }),
])

export type ToGate = Static<typeof toGate>
export type ToWorker = Static<typeof toWorker>
export type SinkOffer = Extract<ToGate, { t: 'sink' }>
export type Upstream = Static<typeof upstream>
export type SourceOffer = Extract<ToGate, { t: 'source' }>
export type Begin = Extract<ToGate, { t: 'begin' }>
export type GateState = NonNullable<Extract<ToWorker, { t: 'take' }>['state']>
export type Hello = Static<typeof hello>

/** Of another version is who speaks of other messages, or means others by them. */
export const linkVersion = 3

const checker = <S extends TSchema>(schema: S): ((message: unknown) => Static<S>) => {
  const compiled = Compile(schema)
  return (message) => {
    if (compiled.Check(message)) return message
    const t: unknown = typeof message === 'object' && message !== null && 't' in message ? message.t : undefined
    throw new LinkError(`A message of the link cannot be taken: ${JSON.stringify(t) ?? 'it has no name'}.`)
  }
}

/** Throw `LinkError` for what is no such message. */
export const readToGate: (message: unknown) => ToGate = checker(toGate)
export const readToWorker: (message: unknown) => ToWorker = checker(toWorker)
