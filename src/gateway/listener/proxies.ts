import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import type { ProxySettings } from '../settings.ts'
import { knowAddress, peerOf, plainAddress } from './address.ts'

/** The proxies that may say whose request it is. */
export interface Proxies {
  isTrusted(address: string): boolean
  /** Notes the address that a trusted proxy says the request came from. */
  note(request: IncomingMessage): void
  /** What the client asked for, as it wrote it: `Host`, or what a trusted proxy says that it was. */
  hostOf(request: IncomingMessage): string | undefined
  /** How the client came, where a trusted proxy says it. */
  schemeOf(request: IncomingMessage): 'http' | 'https' | undefined
}

/** The most entries of `X-Forwarded-For` that are looked at. */
const mostHops = 32

export function createProxies({ trusted }: ProxySettings): Proxies {
  const list = new BlockList()
  for (const network of trusted) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    list.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family)
  }
  const isTrusted = (address: string): boolean => {
    const family = isIP(address)
    return trusted.length > 0 && family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }
  /** The last of a list: what the nearest proxy wrote. */
  const told = (request: IncomingMessage, name: string): string | undefined => {
    if (!isTrusted(peerOf(request.socket))) return undefined
    return textOf(request, name).split(',').at(-1)?.trim() || undefined
  }
  return {
    isTrusted,
    note(request) {
      let address = peerOf(request.socket)
      if (!isTrusted(address)) return
      const hops = textOf(request, 'x-forwarded-for').split(',').slice(-mostHops)
      // Each proxy adds at the right whom it heard: to the left of the first stranger anybody may have written anything.
      while (isTrusted(address)) {
        const before = hopAddress(hops.pop()?.trim() ?? '')
        if (before === undefined) break
        address = before
      }
      knowAddress(request, address)
    },
    hostOf: (request) => told(request, 'x-forwarded-host') ?? request.headers.host,
    schemeOf(request) {
      const scheme = told(request, 'x-forwarded-proto')?.toLowerCase()
      return scheme === 'http' || scheme === 'https' ? scheme : undefined
    },
  }
}

/** Several headers of a name are one list. */
const textOf = ({ headers }: IncomingMessage, name: string): string => {
  const value = headers[name]
  return Array.isArray(value) ? value.join(',') : (value ?? '')
}

/** `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`; undefined: it is no address. */
function hopAddress(hop: string): string | undefined {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop
  const address = plainAddress(bare)
  return isIP(address) === 0 ? undefined : address
}
