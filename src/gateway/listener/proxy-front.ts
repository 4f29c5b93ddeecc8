import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Logger } from '#api'
import type { ProxySettings } from '../settings.ts'
import { knowPeer, plainAddress } from './address.ts'
import type { Proxies } from './proxies.ts'
import { readProxyHeader } from './proxy-header.ts'

export interface ProxyFrontOptions {
  readonly protocol: ProxySettings['protocol']
  readonly proxies: Proxies
  readonly log: Logger
  /** Called when it is known whose connection it is. */
  readonly onKnown: (socket: Socket) => void
}

/** How long (ms) a proxy may take to say whose connection it is. */
const headerMs = 5000

/**
 * Takes the PROXY header off each connection of a trusted proxy, before TLS and HTTP get to see it. There is no guessing, as the protocol
 * demands: of those it has to be there, and of others it is what it looks like, a malformed request.
 */
export function expectProxyHeaders(server: Server, { protocol, proxies, log, onKnown }: ProxyFrontOptions): void {
  if (protocol === 'none') return
  const [serve] = server.listeners('connection')
  if (!serve) return
  server.off('connection', serve as (socket: Socket) => void)
  const pass = (socket: Socket): unknown => Reflect.apply(serve, server, [socket])

  server.on('connection', (socket: Socket) => {
    if (!proxies.isTrusted(plainAddress(socket.remoteAddress ?? ''))) return pass(socket)
    let bytes = Buffer.alloc(0)
    const refuse = (reason: string): void => {
      finish()
      log.debug({ address: socket.remoteAddress, reason }, 'connection without a good PROXY header')
      socket.destroy()
    }
    const timer = setTimeout(() => refuse('it did not come in time'), headerMs)
    const onEnd = (): void => refuse('it ended')
    const onError = (): void => refuse('it failed')
    const onReadable = (): void => {
      const chunk: Buffer | null = socket.read()
      if (chunk === null) return
      bytes = Buffer.concat([bytes, chunk])
      const header = readProxyHeader(bytes, protocol)
      if (header === 'more') return
      if (header === 'malformed') return refuse('it is malformed')
      finish()
      if (header.address !== undefined) {
        knowPeer(socket, plainAddress(header.address))
        onKnown(socket)
      }
      const rest = bytes.subarray(header.length)
      // A stream that was read by `readable` can be read otherwise a tick later.
      process.nextTick(() => {
        if (rest.length > 0) socket.unshift(rest)
        pass(socket)
      })
    }
    const finish = (): void => {
      clearTimeout(timer)
      socket.off('readable', onReadable).off('end', onEnd).off('close', onEnd).off('error', onError)
    }
    socket.on('readable', onReadable).on('end', onEnd).on('close', onEnd).on('error', onError)
    return undefined
  })
}
