import type { SettingKey } from './setting-key.ts'

const limit = (
  standard: number,
  doc: string,
  range: { readonly min?: number; readonly max?: number } = {},
): SettingKey => ({
  format: 'whole-number',
  default: standard,
  min: 0,
  max: 2 ** 31 - 1,
  ...range,
  doc,
})

/** What the gateway bounds against storms and abuse. */
export const limitKeys: Readonly<Record<string, SettingKey>> = {
  'gateway.limits.connectionsPerS': limit(
    1000,
    'The most clients a second that are let in for the first time; further ones are told when to come back. 0: no bound.',
  ),
  'gateway.limits.connectionBurst': limit(2000, 'How many of them may come at once.', { min: 1 }),
  'gateway.limits.resumesPerS': limit(
    1000,
    'The most clients a second that are let in when they come back: those whose address has `resume=1`, and event streams with a position. They have this lane to themselves, so that newcomers cannot keep them out, nor they newcomers. 0: no bound.',
  ),
  'gateway.limits.resumeBurst': limit(2000, 'How many of them may come at once.', { min: 1 }),
  'gateway.limits.sessionsPerAddress': limit(
    0,
    'The most connections from one address, over all gates of the cluster; the newest is refused. It may open as many in ten seconds (and ten), twice as many at once, so that by coming and going it takes no turn of others. 0: no bound. Behind a proxy all clients have its address, unless it is a trusted one that tells theirs.',
  ),
  'gateway.limits.addressPrefix6': limit(64, 'How many bits of an IPv6 address count as one address.', {
    min: 16,
    max: 128,
  }),
  'gateway.limits.sessionsPerUser': limit(
    0,
    "The most connections of one user (a token's `sub`), over all gates of the cluster. The newest is refused, since devices that threw each other out would do so for ever; a connection that broke unseen counts until its ping goes unanswered. 0: no bound.",
  ),
  'gateway.limits.pendingHandshakes': limit(
    1024,
    'The most connections that are no client yet, or never: that have not said what they want, or get a file or a refusal. Beyond it the oldest is cut of the address that has most of them.',
    { min: 16 },
  ),
  'gateway.limits.handshakeTimeoutMs': limit(
    10_000,
    'How long (ms) a connection may take to say what it wants; and, twice as long, what it asked for may go untaken.',
    {
      min: 100,
    },
  ),
  'gateway.limits.idleTimeoutMs': limit(
    600_000,
    'How long (ms) a connection without a subscription may send nothing but answers to pings. 0: for ever.',
  ),
  'gateway.limits.frameTimeoutMs': limit(20_000, 'How long (ms) a client may take to send the whole of a frame.', {
    min: 100,
  }),
  'gateway.limits.messagesPerS': limit(
    5000,
    'The most frames a second, pings and pongs of the socket included, that are taken from one connection; twice as many at once. What is more waits at the client. 0: no bound.',
  ),
  'gateway.limits.bytesPerS': limit(
    4_194_304,
    'The most bytes a second that are taken from one connection; twice as many at once. What is more waits at the client. 0: no bound.',
  ),
  'gateway.limits.overRateMs': limit(
    30_000,
    'How long (ms) a client may be held back by `messagesPerS` or `bytesPerS` without a pause before it is closed. 0: for ever.',
  ),
  'gateway.limits.requestsPerS': limit(
    50,
    'The most requests a second of one connection other than publications and pings; at once it may make two for each subscription that it may have. What is more is refused. 0: no bound.',
  ),
  'gateway.limits.evaluationsPerS': limit(
    50_000,
    'The most messages and entries of snapshots a second that the filters and boxes of one connection are asked about, each filter and box by itself, and one with `exists` or `all` once more for each 64 characters of the message; twice as many at once. What is more waits, and the client is told (`filter_rate`): in `latest` and `batch` it is merged meanwhile, in `every` a client that falls too far behind is closed as any slow one. 0: no bound.',
  ),
  'gateway.limits.snapshotBytesPerS': limit(
    67_108_864,
    'The most bytes of snapshots a second that clients are given; beyond it those who ask for one are told when to come back. Histories and answers about presence count as well, and what it takes to find out who is present, or what belongs to a pattern that nobody has yet. 0: no bound.',
  ),
  'gateway.limits.eventLoopDelayMs': limit(
    500,
    'When the event loop is late by this (ms) for some seconds, load is shed: first newcomers are refused, then snapshots, history, presence and patterns that nobody has yet, last the most expensive connections are closed. 0: never.',
  ),
  'gateway.limits.memoryBytes': limit(
    0,
    'Resident memory (bytes) at which load is shed in the same way. 0: only when the heap is at nine tenths of what Node.js gives it.',
    { max: Number.MAX_SAFE_INTEGER },
  ),
  'gateway.limits.drainMs': limit(
    10_000,
    'The longest time (ms) over which a worker that ends spreads the leave of its clients, which is 10 ms for each.',
    { max: 15_000 },
  ),
}
