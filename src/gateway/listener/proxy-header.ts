import { isIPv4, isIPv6 } from 'node:net'
import type { ProxySettings } from '../settings.ts'

/** What stands before a connection's own bytes (HAProxy's PROXY protocol): how long it is, and whose connection it is. */
export type ProxyHeader =
  | {
      readonly length: number
      /** Absent: the proxy's own, such as a look at whether the gate is alive. */
      readonly address?: string
    }
  | 'more'
  | 'malformed'

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
/** The longest line of version 1, as its specification has it, and what is taken of version 2. */
const [mostText, mostBinary] = [107, 4096]

/** Reads the header at the beginning of what came so far. */
export function readProxyHeader(bytes: Buffer, version: Exclude<ProxySettings['protocol'], 'none'>): ProxyHeader {
  if (version !== 'v1') {
    const seen = Math.min(bytes.length, signature.length)
    if (bytes.subarray(0, seen).equals(signature.subarray(0, seen)) && (version === 'v2' || seen > 0))
      return readBinary(bytes)
    if (version === 'v2') return 'malformed'
  }
  return readText(bytes)
}

function readText(bytes: Buffer): ProxyHeader {
  const end = bytes.indexOf('\r\n')
  const start = bytes.subarray(0, 6).toString('latin1')
  if (!'PROXY '.startsWith(start)) return 'malformed'
  if (end === -1) return bytes.length < mostText ? 'more' : 'malformed'
  const length = end + 2
  if (length > mostText) return 'malformed'
  const [, family = '', ...facts] = bytes.subarray(0, end).toString('latin1').split(' ')
  if (family === 'UNKNOWN') return { length }
  const isAddress = { TCP4: isIPv4, TCP6: isIPv6 }[family]
  const [from = '', to = '', fromPort = '', toPort = '', ...more] = facts
  const isWhole = more.length === 0 && [fromPort, toPort].every(isPort) && isAddress?.(from) && isAddress(to)
  return isWhole ? { length, address: from } : 'malformed'
}

const isPort = (text: string): boolean => /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535

function readBinary(bytes: Buffer): ProxyHeader {
  if (bytes.length < 16) return 'more'
  const [version, command] = [bytes.readUInt8(12) >> 4, bytes.readUInt8(12) & 15]
  const [family, transport] = [bytes.readUInt8(13) >> 4, bytes.readUInt8(13) & 15]
  const length = 16 + bytes.readUInt16BE(14)
  if (version !== 2 || command > 1 || family > 3 || transport > 2 || length > mostBinary) return 'malformed'
  const needed = [0, 12, 36, 216][family] ?? 0
  if (command === 1 && length < 16 + needed) return 'malformed'
  if (bytes.length < length) return 'more'
  // Of a connection by neither IPv4 nor IPv6 there is no address to tell.
  if (command === 0 || transport === 0) return { length }
  if (family === 1) return { length, address: [...bytes.subarray(16, 20)].join('.') }
  return family === 2 ? { length, address: ipv6Text(bytes.subarray(16, 32)) } : { length }
}

/** As the rest of the gate writes addresses: the URL parser knows the shortest form. */
const ipv6Text = (bytes: Buffer): string => {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
