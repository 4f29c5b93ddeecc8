/** An `error` frame's code. `status` is the HTTP status where the same refusal answers a request. */
export interface ErrorCode {
  readonly retryable: boolean
  readonly status: number
  readonly meaning: string
}

const code = (status: number, retryable: boolean, meaning: string): ErrorCode => ({ status, retryable, meaning })

/** Every code of the gate's own refusals; a source adds its own for messages that do not fit. */
export const errorCodes = {
  bad_request: code(400, false, 'The frame has a field that is missing or does not fit; `field` names it.'),
  unknown_type: code(400, false, 'The frame has a `type` that this gate does not know.'),
  duplicate_id: code(400, false, 'The `id` belongs to an open request or subscription of this connection.'),
  unsupported: code(400, false, 'The gate does not do this yet; the message names the option.'),
  bad_channel: code(
    400,
    false,
    'The text is no channel: segments of A–Z a–z 0–9 . _ ~ - and %XX for all others, joined by a colon.',
  ),
  several_connectors: code(400, false, 'The channels of one event stream have to come from one connector.'),
  forbidden: code(403, false, 'The client may not do this on this channel, whether it exists or not.'),
  bad_token: code(401, false, 'The token is malformed, forged, expired or of another client.'),
  already_connected: code(400, false, 'The connection was opened before, by `connect` or by another first frame.'),
  overlap: code(400, false, 'Another subscription of this connection covers the channel.'),
  unknown_subscription: code(400, false, 'No subscription of this connection has this id.'),
  subscription_limit: code(400, false, 'The connection has as many subscriptions as it may have.'),
  snapshot_too_large: code(400, false, 'The snapshot outgrew its bounds; subscribe without it.'),
  unavailable: code(
    503,
    true,
    'What serves the channel is not running, is warming up, or cannot check the position now.',
  ),
  busy: code(503, true, 'The gate is doing as much of this as it may; try again after `retryAfter`.'),
  no_source: code(404, false, 'Nothing takes publications on this channel.'),
  bad_filter: code(400, false, 'The filter is no expression, or costs too much; the message says where.'),
  no_history: code(409, false, 'What came after the position or time cannot be read; the message says why.'),
  ack_behind: code(400, false, 'The position was not sent to this subscription.'),
  connection_rate: code(503, true, 'Too many connections at this moment; come back after `retryAfter`.'),
  overloaded: code(503, true, 'The gate has more to do than it can; come back after `retryAfter`.'),
  address_limit: code(429, true, 'This address has as many connections as it may have.'),
  user_limit: code(429, true, 'This user has as many connections as they may have.'),
  message_rate: code(429, true, 'The connection sends more than it may; the message names the bound.'),
  revoked: code(401, false, 'The token was revoked.'),
  stale: code(503, true, 'Kafka cannot be reached.'),
  internal: code(500, true, 'The gate failed; its log says how.'),
} as const satisfies Record<string, ErrorCode>

export type ErrorName = keyof typeof errorCodes

/** Why a subscription could not continue after its position: `reason` beside `recovered: false`. */
export const resumeReasons = {
  position_invalid: 'It is no position of this connector, or was altered.',
  position_expired: 'It was issued too long ago.',
  position_ahead: 'It lies beyond the end of what Kafka holds.',
  topic_changed: 'The topic is not the one that the position was issued for.',
  rule_changed: 'The connector has come to make other messages of its records.',
  cluster_changed: 'The connector reads another Kafka cluster.',
  window_passed: 'What came after it is no longer in memory, and it cannot be read again.',
  retention_passed: 'What came after it is no longer in Kafka.',
  compacted: 'What came after it was compacted, so that messages may be missing.',
} as const

export type ResumeReason = keyof typeof resumeReasons

/** 4000–4499: come back with your position. 4500–4999: do not come back as you are. */
export const closeCodes = {
  shutdown: { code: 4001, meaning: 'The gate stops or restarts.' },
  slow: { code: 4002, meaning: 'The client did not read what was sent to it.' },
  no_pong: { code: 4003, meaning: 'The client did not answer a ping in time.' },
  connect_timeout: { code: 4004, meaning: 'The client sent no first frame in time.' },
  detached: { code: 4005, meaning: 'What serves one of the subscriptions was stopped or restarted.' },
  internal: { code: 4006, meaning: 'The gate failed; its log says how.' },
  behind: {
    code: 4007,
    meaning: 'This gate has not reached the position of a subscription in time; another may have.',
  },
  lag: { code: 4008, meaning: 'The client is further behind than it may be.' },
  overloaded: { code: 4009, meaning: 'The gate has more to do than it can, and sheds connections.' },
  idle: { code: 4010, meaning: 'Nothing came from the client, and it has no subscription.' },
  message_rate: { code: 4011, meaning: 'The client sent more than it may.' },
  frame_timeout: { code: 4013, meaning: 'A frame that was begun did not end in time.' },
  user_limit: { code: 4012, meaning: 'The user has as many connections as they may have.' },
  unavailable: { code: 4014, meaning: 'The gate cannot check the token now.' },
  bad_frame: {
    code: 4500,
    meaning: 'The client sent what is no frame of WebSocket, or no JSON object in a text frame.',
  },
  token_expired: { code: 4501, meaning: 'The token expired and was not refreshed.' },
  bad_token: { code: 4502, meaning: 'The token is malformed, forged or expired.' },
  frame_too_large: { code: 4503, meaning: 'The client sent a frame over the limit.' },
  revoked: { code: 4505, meaning: 'The token, the user or the session was revoked.' },
  producer_taken_over: { code: 4504, meaning: 'The same producer connected elsewhere, to this worker or another.' },
} as const

export type CloseName = keyof typeof closeCodes

/** Codes of `unsubscribed` frames. */
export const unsubscribedCodes = {
  requested: 'The client asked for it.',
  forbidden: 'A refreshed token no longer grants it.',
  token_expired: "The subscription's own token expired.",
  revoked: 'The channel was revoked.',
} as const

export type UnsubscribedName = keyof typeof unsubscribedCodes

/** Codes of `notice` frames. */
export const noticeCodes = {
  stale: 'Kafka cannot be reached since `since`; the connection stays and continues.',
  fresh: 'Kafka can be reached again.',
  expiring: 'The token expires at `at`; send `refresh`.',
  draining: 'The gate stops; come back after `reconnectAfter` ms.',
  conflated: 'Of the subscription `count` messages were replaced by newer ones since the last such notice.',
  filter_rate:
    'The filters and boxes of the connection are asked more than they may be, `perS` times a second: messages wait.',
  mode: 'The subscription now gets `delivery`.',
  oversize: 'A message of `size` bytes is larger than the limit; it stands at `position`.',
} as const

export type NoticeName = keyof typeof noticeCodes

/** Why something is not done, as transports tell it in their own words. */
export interface Refusal {
  readonly code: string
  readonly message: string
  readonly field?: string
  readonly retryable: boolean
  /** Milliseconds. */
  readonly retryAfter?: number
}

export function refuse(
  name: ErrorName,
  message: string,
  more: { readonly field?: string; readonly retryAfter?: number } = {},
): Refusal {
  return { code: name, message, retryable: errorCodes[name].retryable, ...more }
}
