import { atLeast, ConfigError, isUrl, type Password } from '#api'
import { compiles } from './template.ts'

const pair = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(.*)$/

/** Reads `Authorization: Bearer x, X-Other: y`; a comma (or a line break) separates only where a name and a colon follow. */
export function parseHeaders(text: string): Readonly<Record<string, string>> {
  const lines = text.split(/\s*[,\n]\s*(?=[!#$%&'*+.^_`|~0-9A-Za-z-]+\s*:)/).filter((line) => line.trim() !== '')
  return Object.fromEntries(
    lines.map((line): [string, string] => {
      const [, name, value] = pair.exec(line.trim()) ?? []
      if (name === undefined || value === undefined) throw new ConfigError('must be a list of "Name: value"')
      return [name, value]
    }),
  )
}

/** An address for logs, status and source partitions: without user, password and query, which may hold secrets. */
export function publicAddress(uri: string): string {
  const [address = ''] = uri.split(/[?#]/, 1)
  return address.replace(/\/\/[^/@]*@/, '//')
}

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
