import { type Static, type TSchema, Type } from 'typebox'

/**
 * The frames of `tidegate.v1` as JSON Schema: types, checks and docs are made from here. Unknown fields are passed over,
 * since the protocol grows.
 */

const id = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Unique on the connection.' })
const text = (maxLength: number, description: string): ReturnType<typeof Type.String> =>
  Type.String({ minLength: 1, maxLength, description })
const channel = Type.String({ description: 'Segments joined by a colon; the first is the namespace.' })
const token = text(16_384, 'A JSON Web Token.')
const optional = Type.Optional
const flag = Type.Boolean()

/** What a client may send in this version. */
export const clientFrames = {
  connect: Type.Object({
    type: Type.Literal('connect'),
    id,
    token: optional(token),
    producer: optional(
      text(
        255,
        'Names the producer whose `messageId`s make retries safe. Its newest connection is its only one: a former one, on whichever worker, is closed with 4504.',
      ),
    ),
  }),
  subscribe: Type.Object({
    type: Type.Literal('subscribe'),
    id,
    channel,
    token: optional(token),
    position: optional(text(65_536, 'Where to continue: `epoch.cursor`.')),
    snapshot: optional(flag),
    delivery: optional(Type.Union([Type.Literal('every'), Type.Literal('latest'), Type.Literal('batch')])),
  }),
  unsubscribe: Type.Object({ type: Type.Literal('unsubscribe'), id, subscription: id }),
  publish: Type.Object({
    type: Type.Literal('publish'),
    id,
    channel,
    data: Type.Unknown({ description: 'Any JSON.' }),
    key: optional(Type.String({ maxLength: 1024 })),
    messageId: optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  }),
  refresh: Type.Object({ type: Type.Literal('refresh'), id, token }),
  ping: Type.Object({ type: Type.Literal('ping'), id }),
  pong: Type.Object({ type: Type.Literal('pong') }),
} as const satisfies Record<string, TSchema>

export type ClientFrames = { readonly [T in keyof typeof clientFrames]: Static<(typeof clientFrames)[T]> }
export type ClientFrame = ClientFrames[keyof ClientFrames]

/** Frames and options of `subscribe` that the protocol has and this gate refuses by name. */
export const laterFrames = ['update', 'ack', 'history', 'presence']
export const laterOptions = ['from', 'maxRate', 'maxBandwidth', 'window', 'delta', 'filter', 'bbox']

const position = Type.String({ description: '`epoch.cursor`.' })
const subscription = Type.Integer({ description: 'The `id` of its `subscribe`.' })
const ms = Type.Integer({ description: 'Milliseconds.' })
const deleted = optional(Type.Literal(true))
const data = optional(Type.Unknown({ description: 'Any JSON.' }))

/** What the gate sends. */
export const serverFrames = {
  connected: Type.Object({
    type: Type.Literal('connected'),
    id: optional(id),
    client: Type.String({ description: "The token's `sub`, or a random id." }),
    session: Type.String({ description: 'This connection.' }),
    expires: optional(Type.Integer({ description: 'When the token expires, ms since 1970.' })),
    ping: Type.Object({ interval: ms, timeout: ms }),
    limits: Type.Object({
      frameBytes: Type.Integer(),
      subscriptions: Type.Integer(),
      publishWindow: Type.Integer(),
      channelLength: Type.Integer(),
    }),
    exactlyOnce: Type.Boolean({
      description:
        'Whether all that takes publications on this worker now is exactly once: a `messageId` of a `producer` is stored once, to whichever worker and however often it is sent. Otherwise it is told from a resend within one process only.',
    }),
  }),
  subscribed: Type.Object({
    type: Type.Literal('subscribed'),
    id,
    channel,
    position,
    recovered: Type.Union([Type.Boolean(), Type.Null()]),
    reason: optional(Type.String()),
    granted: Type.Object({ delivery: Type.Literal('every'), snapshot: flag }),
  }),
  unsubscribed: Type.Object({
    type: Type.Literal('unsubscribed'),
    id: optional(id),
    subscription,
    code: Type.String(),
  }),
  snapshot: Type.Object({
    type: Type.Literal('snapshot'),
    subscription,
    items: Type.Array(Type.Object({ channel, key: Type.String(), data: Type.Unknown() })),
    more: flag,
  }),
  message: Type.Object({
    type: Type.Literal('message'),
    channel,
    key: optional(Type.String()),
    data,
    deleted,
    position: optional(
      Type.String({ description: 'A cursor, under the epoch told last; absent when an entry expired.' }),
    ),
  }),
  position: Type.Object({ type: Type.Literal('position'), channel, position }),
  published: Type.Object({
    type: Type.Literal('published'),
    id,
    duplicate: optional(flag),
    coordinates: optional(Type.Object({ topic: Type.String(), partition: Type.Integer(), offset: Type.String() })),
  }),
  refreshed: Type.Object({ type: Type.Literal('refreshed'), id, expires: optional(Type.Integer()) }),
  pong: Type.Object({ type: Type.Literal('pong'), id }),
  ping: Type.Object({ type: Type.Literal('ping') }),
  notice: Type.Object({
    type: Type.Literal('notice'),
    code: Type.String(),
    since: optional(Type.Integer()),
    at: optional(Type.Integer()),
    reconnectAfter: optional(ms),
  }),
  error: Type.Object({
    type: Type.Literal('error'),
    id: optional(id),
    code: Type.String(),
    message: Type.String(),
    field: optional(Type.String()),
    retryable: flag,
    retryAfter: optional(ms),
  }),
} as const satisfies Record<string, TSchema>

type ServerFrames = { readonly [T in keyof typeof serverFrames]: Static<(typeof serverFrames)[T]> }
export type ServerFrame = ServerFrames[keyof ServerFrames]
