import type { AddressInfo } from 'node:net'
import { ConnectError, messageOf } from '#api'
import type { Herder } from '../herder/herder.ts'
import { systemClock } from '../util/clock.ts'
import { createRest, type RestOptions } from './create-rest.ts'

export interface StartRestOptions extends RestOptions {
  readonly herder: Herder
  /** An address of this machine, loopback unless told otherwise. */
  readonly host: string
  /** 0 means any free port. */
  readonly port: number
}

export interface RestServer {
  /** The advertised URL when there is one, else where it listens. */
  readonly url: string
  readonly port: number
  /** Waits for requests that are being answered, for a few seconds at most. */
  stop(): Promise<void>
}

/** Milliseconds that `stop` gives to requests under way before it cuts their connections. */
const stopDeadlineMs = 5_000

/** Serves the REST API. Rejects when the address cannot be had. */
export async function startRest({ herder, host, port, ...options }: StartRestOptions): Promise<RestServer> {
  const { clock = systemClock } = options
  const app = createRest(herder, options)
  try {
    await app.listen({ host, port })
  } catch (cause) {
    await app.close()
    throw new ConnectError(`REST cannot listen on ${host}:${port}: ${reason(cause)}`, {
      cause,
      context: { host, port },
    })
  }
  const bound = (app.server.address() as AddressInfo).port
  let stopping: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    const closed = new AbortController()
    void clock.sleep(stopDeadlineMs, closed.signal).then(() => app.server.closeAllConnections())
    await app.close().finally(() => closed.abort())
  }
  return {
    url: options.advertisedUrl?.replace(/\/+$/, '') ?? `http://${reachable(host)}:${bound}`,
    port: bound,
    stop: () => (stopping ??= stop()),
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return 'another process has this port; stop it or choose another port'
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address; choose one of its own'
  if (code === 'EACCES') return 'this user may not take this port; choose one above 1023'
  return messageOf(error)
}

/** An address that a client on this machine can use. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
