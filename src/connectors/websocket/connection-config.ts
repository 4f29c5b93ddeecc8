import { atLeast, isUrl, type Password } from '#api'
import { parseHeaders } from '../common/http-words.ts'
import { compiles } from '../common/template.ts'

/** A validator: a ws or wss URL without fragment; `#{cursor}` may stand in it. */
export const isWebSocketUrl = (value: string): string | undefined => {
  const url = value.replaceAll('#{cursor}', '0')
  return isUrl('ws:', 'wss:')(url) ?? (url.includes('#') ? 'must not have a fragment (#…)' : undefined)
}

/** The options that both client connectors share. */
export const connectionKeys = {
  headers: {
    type: 'password',
    importance: 'medium',
    default: null,
    doc: 'HTTP headers of the handshake: `Authorization: Bearer …, X-Other: …`. A comma separates only where a name and a colon follow.',
    validator: (value: Password) => compiles(parseHeaders)(value.reveal()),
  },
  subprotocol: {
    type: 'list',
    importance: 'medium',
    default: [],
    doc: 'The WebSocket subprotocols to offer, the preferred one first.',
  },
  'handshake.timeout.ms': {
    type: 'int',
    importance: 'low',
    default: 10_000,
    doc: 'How long the handshake may take.',
    validator: atLeast(1),
  },
  'ping.interval.ms': {
    type: 'int',
    importance: 'low',
    default: 30_000,
    doc: 'How often a ping is sent; a connection whose ping was not answered until the next one is given up. 0: never.',
    validator: atLeast(0),
  },
  'reconnect.initial.ms': {
    type: 'int',
    importance: 'low',
    default: 500,
    doc: 'The longest wait before the first attempt to connect again. It doubles with each attempt; the wait is a random part of it (full jitter).',
    validator: atLeast(1),
  },
  'reconnect.max.ms': {
    type: 'int',
    importance: 'low',
    default: 30_000,
    doc: 'The longest wait before any attempt to connect again.',
    validator: atLeast(1),
  },
} as const
