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

const delivery = (description: string) =>
  Type.Union([Type.Literal('every'), Type.Literal('latest'), Type.Literal('batch')], { description })
const rate = (description: string) => Type.Number({ exclusiveMinimum: 0, maximum: 1e9, description })
const bbox = Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number()], {
  description:
    'A box over the two fields that the connector declared: least and greatest of the first, least and greatest of the second, as `[minLat, maxLat, minLong, maxLong]`. With the second turned round it spans the antimeridian.',
})

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
    maxMessageBytes: optional(
      Type.Integer({
        minimum: 1024,
        maximum: Number.MAX_SAFE_INTEGER,
        description:
          'The largest frame of a message that the client takes, up to what the gate allows; a notice `oversize` stands for a larger one.',
      }),
    ),
  }),
  subscribe: Type.Object({
    type: Type.Literal('subscribe'),
    id,
    channel,
    token: optional(token),
    position: optional(text(65_536, 'Where to continue: `epoch.cursor`.')),
    from: optional(
      text(
        64,
        'Instead of a position: `earliest`, an age such as `-10m` (s, m, h, d), or a time in ISO 8601 or in ms.',
      ),
    ),
    snapshot: optional(flag),
    delivery: optional(
      delivery(
        '`every`: all messages. `latest`: what a newer message of the same key replaced is left out. `batch`: what came together is sent together.',
      ),
    ),
    maxRate: optional(rate('Messages a second.')),
    maxBandwidth: optional(rate('Bytes a second.')),
    window: optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'ACK mode: the most messages unacknowledged.' }),
    ),
    delta: optional(Type.Literal('fossil')),
    filter: optional(text(1024, 'An expression over `key`, `channel` and `value`, what the message holds.')),
    bbox: optional(bbox),
  }),
  update: Type.Object({
    type: Type.Literal('update'),
    id,
    subscription: id,
    filter: optional(Type.Union([text(1024, 'Another filter.'), Type.Null({ description: 'None.' })])),
    bbox: optional(Type.Union([bbox, Type.Null({ description: 'None.' })])),
    maxRate: optional(rate('Messages a second.')),
    maxBandwidth: optional(rate('Bytes a second.')),
  }),
  ack: Type.Object({
    type: Type.Literal('ack'),
    subscription: id,
    position: text(65_536, 'Everything up to it is acknowledged.'),
  }),
  history: Type.Object({
    type: Type.Literal('history'),
    id,
    channel,
    from: text(65_536, 'A position, `earliest`, an age such as `-10m`, or a time in ISO 8601 or in ms.'),
    limit: Type.Integer({ minimum: 1, maximum: 10_000 }),
  }),
  presence: Type.Object({ type: Type.Literal('presence'), id, channel }),
  statistics: Type.Object({ type: Type.Literal('statistics'), id, channel }),
  unsubscribe: Type.Object({ type: Type.Literal('unsubscribe'), id, subscription: id }),
  publish: Type.Object({
    type: Type.Literal('publish'),
    id,
    channel,
    data: Type.Unknown({ description: 'Any JSON.' }),
    key: optional(Type.String({ maxLength: 1024 })),
    messageId: optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  }),
  refresh: Type.Object({
    type: Type.Literal('refresh'),
    id,
    token,
    subscription: optional(
      Type.Integer({
        minimum: 0,
        description: "The `id` of the subscription that the token is for; absent: it is the connection's.",
      }),
    ),
  }),
  ping: Type.Object({ type: Type.Literal('ping'), id }),
  pong: Type.Object({ type: Type.Literal('pong') }),
} as const satisfies Record<string, TSchema>

export type ClientFrames = { readonly [T in keyof typeof clientFrames]: Static<(typeof clientFrames)[T]> }
export type ClientFrame = ClientFrames[keyof ClientFrames]

const position = Type.String({ description: '`epoch.cursor`.' })
const subscription = Type.Integer({ description: 'The `id` of its `subscribe`.' })
const ms = Type.Integer({ description: 'Milliseconds.' })
const deleted = optional(Type.Literal(true))
const data = optional(Type.Unknown({ description: 'Any JSON.' }))
const partial = optional(Type.Literal(true, { description: 'A part of the gate did not answer in time.' }))

/** What the subscription was given of what it asked for, within the bounds of the namespace. */
const granted = Type.Object({
  delivery: delivery('What it gets.'),
  snapshot: flag,
  maxRate: optional(Type.Number()),
  maxBandwidth: optional(Type.Number()),
  window: optional(Type.Integer()),
  delta: optional(Type.Literal('fossil')),
  filter: optional(Type.String()),
  bbox: optional(bbox),
})

export type Granted = Readonly<Static<typeof granted>>

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
      messageBytes: Type.Integer({ description: 'The largest frame of a message that is sent.' }),
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
    again: optional(Type.Literal(true)),
    granted,
  }),
  updated: Type.Object({ type: Type.Literal('updated'), id, granted }),
  history: Type.Object({
    type: Type.Literal('history'),
    id,
    items: Type.Array(
      Type.Object({
        channel,
        key: optional(Type.String()),
        data,
        deleted,
        oversize: optional(
          Type.Integer({ description: 'The size of a message that is larger than the client takes.' }),
        ),
        position: Type.String(),
      }),
    ),
    more: Type.Boolean({ description: 'There are, or may be, later ones.' }),
    position: optional(Type.String({ description: 'Where to go on when there are; also without any items.' })),
  }),
  presence: Type.Object({
    type: Type.Literal('presence'),
    id,
    clients: Type.Array(Type.Object({ client: Type.String(), sessions: Type.Integer() })),
    more: Type.Boolean({ description: 'There are, or may be, others.' }),
    partial,
  }),
  statistics: Type.Object({
    type: Type.Literal('statistics'),
    id,
    clients: Type.Integer({ description: 'Those without a name count once for each session.' }),
    sessions: Type.Integer(),
    partial,
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
    delta: optional(
      Type.Boolean({
        description:
          'Where deltas were asked for `data` is a string: the whole JSON text (false), or a Fossil delta against that of the message before (true).',
      }),
    ),
    position: optional(
      Type.String({ description: 'A cursor, under the epoch told last; absent when an entry expired.' }),
    ),
  }),
  batch: Type.Object({
    type: Type.Literal('batch'),
    channel,
    key: optional(Type.String()),
    items: Type.Array(Type.Object({ data, deleted })),
  }),
  gone: Type.Object({ type: Type.Literal('gone'), subscription, channel, key: Type.String() }),
  live: Type.Object({ type: Type.Literal('live'), subscription, position }),
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
    subscription: optional(subscription),
    count: optional(Type.Integer()),
    delivery: optional(Type.String()),
    size: optional(Type.Integer({ description: 'Bytes.' })),
    position: optional(Type.String()),
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
